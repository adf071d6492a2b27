// What the kernel is given: pointers to torch's own memory, and the battle that a step works on.
//
// The rules are those of battle.py, combat.py, motion.py, ground.py and opponents.py, operation by operation, so that
// every rounding is the same: no operation may be reordered, contracted or replaced by another that is equal on paper.
#pragma once
#include "../../starcraft/view/native/flat.h"

constexpr int SIZE = 32;      // cells of a map on each side
constexpr float FAR = 1000.f; // as battle.py

// In the order of form.py, which fills it. Shapes as in battle.py: [battle unit], pairs [battle unit target].
struct Play {
    int64_t battles, units, allies, steps, settling, limit, reaction;
    int64_t may_shield, may_regenerate, may_heal, may_line, may_circle, walls, chases;
    double heal_rate, heal_cost, heal_least, rested, shield_rate, energy_rate, circle, half_length, half_width;
    double kill, win; // of rewards
    int64_t fused_pairs, fused_planes; // whether torch's norms of x beside y, and of all x before all y, round once
    void (*mkl_root)(int, const float *, float *, int64_t); // null: torch's roots are the processor's
    int64_t mkl_mode;
    const View *view;
    const int64_t *key, *sight_key, *episode; // [battle], of the jitter, of who may see whom
    const float *scale;           // [battle], of the reward
    const int64_t *gait;
    const float *max_health, *max_shield, *max_energy, *regeneration, *energy_gain, *reach, *scan, *radius, *speed;
    const float *period;
    const bool *fights, *heals, *line, *circles;
    const bool *hits, *mends;
    const float *blows; // [2 battle unit target]
    const float *clearance, *close, *share;
    const int64_t *kind;
    const bool *present;
    const float *low, *high; // [xy gait]
    const bool *open;        // [gait cell]
    const int16_t *next;     // [cell goal], or null

    // Of a step.
    const int64_t *time; // [battle]: steps before
    int64_t enemies_look, allies_look;
    double least, spread; // of the jitter
    const int64_t *tag, *action; // action: [battle ally], or null
    bool *running;
    float *health, *shield, *energy, *cooldown, *calm;
    int64_t *target;
    float *pace;
    bool *healing, *exploding;
    float *position, *goal; // [xy battle unit]
    int64_t place_axis, place_battle, place_unit, goal_axis, goal_battle, goal_unit; // strides
    int64_t *last, *facing; // [battle ally]
    int64_t *owner;         // [battle enemy], or null, as what follows
    bool *permitted;        // [battle ally enemy]
    float *reward; // [battle], as what follows
    bool *over, *truncated, *won;
};

// Rounded to multiples of 1 / 4096, as snap() of battle.py.
INLINE float snap(float x) { return (x + 3072.f) - 3072.f; }

// torch's addcmul: a b + c, rounded once where torch's own build does so (FUSED is measured), else twice.
template <bool FUSED> INLINE float madd(float a, float b, float c) {
    return FUSED ? __builtin_fmaf(a, b, c) : a * b + c;
}

// std::min and std::max of floats that are no NaN, without a library's detours.
INLINE float least(float a, float b) { return a < b ? a : b; }
INLINE float most(float a, float b) { return a > b ? a : b; }

// Square roots in place, as torch takes them.
INLINE void roots(const Play &p, int count, float *x) {
    if (p.mkl_root) return p.mkl_root(count, x, x, p.mkl_mode);
    for (int i = 0; i < count; i++) x[i] = sqrtf(x[i]);
}

// The same of few numbers among many; all others are 0, and so are their roots.
INLINE void few_roots(const Play &p, int count, float *x) {
    int which[MOST], found = 0;
    float some[MOST];
    for (int i = 0; i < count; i++)
        if (x[i] != 0) which[found] = i, some[found++] = x[i];
    if (found) roots(p, found, some);
    for (int k = 0; k < found; k++) x[which[k]] = some[k];
}

// Two units and the distance between them.
struct Near {
    uint8_t i, j;
    float distance;
};

// One battle: rows of the tensors that belong to it, and what the phases of a loop hand on to one another.
struct Battle {
    const Play &all;
    int64_t number;
    int n;
    const int64_t *tag, *gait;
    const float *max_health, *max_shield, *max_energy, *regeneration, *energy_gain, *reach, *scan, *radius, *speed;
    const float *period;
    const bool *fights, *heals, *line, *circles, *hits, *mends;
    const float *damage, *wounds, *clearance, *close, *share;
    float *goal, *pace, *place, *health, *shield, *energy, *cooldown, *calm;
    int64_t *target;
    bool *healing, *exploding;

    float x[MOST], y[MOST];
    bool alive[MOST];                                             // as the loop began
    bool valid[MOST], reached[MOST], fires[MOST];                 // as Aim of combat.py
    float delta_x[MOST], delta_y[MOST], distance[MOST], gap[MOST];
    float seen_x[MOST], seen_y[MOST]; // places that offsets are taken from; the dead are far
    bool saw = false;                 // whether there are any yet
    bool stands[MOST];
    Near near[MOST * MOST / 2]; // every two who are near each other
    int nears = 0;
    int crowd[MOST]; // in how many of them a unit is

    Battle(const Play &p, int64_t b) : all(p), number(b), n(int(p.units)) {
        const int64_t one = b * n, pairs = one * n, axis = p.battles * n;
        tag = p.tag + one, gait = p.gait + one;
        max_health = p.max_health + one, max_shield = p.max_shield + one, max_energy = p.max_energy + one;
        regeneration = p.regeneration + one, energy_gain = p.energy_gain + one;
        reach = p.reach + one, scan = p.scan + one, radius = p.radius + one, speed = p.speed + one;
        period = p.period + one;
        fights = p.fights + one, heals = p.heals + one, line = p.line + one, circles = p.circles + one;
        hits = p.hits + pairs, mends = p.mends + pairs;
        damage = p.blows + pairs, wounds = p.blows + axis * n + pairs;
        clearance = p.clearance + pairs, close = p.close + pairs, share = p.share + pairs;
        goal = p.goal + b * p.goal_battle, pace = p.pace + one, place = p.position + b * p.place_battle;
        health = p.health + one, shield = p.shield + one, energy = p.energy + one;
        cooldown = p.cooldown + one, calm = p.calm + one, target = p.target + one;
        healing = p.healing + one, exploding = p.exploding + one;
    }

    // Positions come and go as torch has them, whose views round differently for different layouts.
    void load() {
        for (int i = 0; i < n; i++) x[i] = place[i * all.place_unit], y[i] = place[i * all.place_unit + all.place_axis];
    }

    void store() {
        for (int i = 0; i < n; i++) place[i * all.place_unit] = x[i], place[i * all.place_unit + all.place_axis] = y[i];
    }

    bool lives(int i) const { return health[i] > 0; }
    bool marches(int i) const { return lives(i) && target[i] == i && pace[i] > 0; }
};
