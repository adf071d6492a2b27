// What the views of a kernel are given: constants of a scenario, one battle at a time, and where fields are written.
//
// The fields are those of entity.py, flat.py and cone.py, operation by operation, so that every rounding is the same:
// no operation may be reordered, contracted or replaced by another that is equal on paper.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#define INLINE static inline __attribute__((always_inline))

constexpr int MOST = 128;        // units of a battle
constexpr int MOVES = 4;         // north, south, east, west
constexpr int PLAIN = 2 + MOVES; // actions before turns, as scenario_model.py
constexpr float MAP = 32.f;      // SIZE of terrain.py

// In the order of form.py, which fills it. Tables have a row for each unit type.
struct View {
    int64_t agents, units, actions, plain, cone, hides, any, heals, shields, types, flat_types, our_points, their_points, placed;
    int64_t observed, stated; // lengths of SMAC's vectors
    double cosine, shared; // of half a cone; how likely sight is shared
    const float *health, *shield, *energy, *cooldown;
    const bool *healer;
    const double *sight, *reach;
    const float *type, *our_type, *their_type; // [type feature]
    const double *ways;                        // [direction xy]
    void (*mkl_root)(int, const double *, double *, int64_t); // null: torch's roots are the processor's
    int64_t mkl_mode;
    bool *available, *active, *seen; // seen, entities and what follows: null where nobody wants it
    float *entities, *position, *observation, *state;
};

// One battle, as Snapshot of snapshot.py has it.
struct Scene {
    const View &all;
    int64_t number; // of the battle
    int n, agents, enemies;
    const int64_t *kind, *tag, *last, *facing;
    const bool *present;
    const bool *permitted;      // [ally enemy], or null
    const float *x, *y, *health, *shield, *energy, *cooldown;
    bool fused;                 // whether torch's norm of places in their layout is fused
    bool moves[MOST * MOVES];   // [agent direction]
    bool alive[MOST];
    int slot[MOST];             // who bears a tag
    int type[MOST];             // the kind; of the absent the first

    Scene(const View &v, int64_t number) : all(v), number(number), n(int(v.units)), agents(int(v.agents)),
                                           enemies(int(v.units - v.agents)) {}

    void look() {
        for (int i = 0; i < n; i++) alive[i] = health[i] > 0, slot[tag[i]] = i, type[i] = present[i] ? int(kind[i]) : 0;
    }

    bool heals(int i) const { return all.healer[type[i]]; }
    bool may(int agent, int i) const { return !permitted || i < agents || permitted[agent * enemies + i - agents]; }
    const bool *available(int agent) const { return all.available + (number * agents + agent) * all.actions; }
};
