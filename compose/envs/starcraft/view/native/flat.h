// SMAC's own vectors: flat.py.
#pragma once
#include "entity.h"
#include "sight.h"

// Writes features one after another, each times 0 or 1.
struct Row {
    float *at;
    float shown;

    void operator()(float x) { *at++ = x * shown; }
    void type(const float *table, int64_t width, int type) {
        for (int64_t k = 0; k < width; k++) (*this)(table[type * width + k]);
    }
};

// Health, the shield where the side has one, and further on the type: of one unit.
INLINE void points(const Scene &s, Row &row, int i, int64_t first) {
    const bool ours = i < s.agents;
    if (first == 0) row(s.health[i] / s.all.health[s.type[i]]);
    if ((ours ? s.all.our_points : s.all.their_points) > 1) row(s.shield[i] / s.all.shield[s.type[i]]);
}

INLINE void kind(const Scene &s, Row &row, int i) {
    row.type(i < s.agents ? s.all.our_type : s.all.their_type, s.all.flat_types, s.type[i]);
}

INLINE void facing(const Scene &s, Row &row, int i) {
    if (!s.all.cone) return;
    row(float(s.all.ways[2 * s.facing[i]])), row(float(s.all.ways[2 * s.facing[i] + 1]));
}

// The bit of an enemy as a target in reach; healers' are those of allies, at their numbers.
INLINE bool targeted(const Scene &s, int agent, int64_t k, const bool *front) {
    const bool *available = s.available(agent) + s.all.plain;
    const auto bit = [&](int64_t tag) {
        return available[tag] && (!s.all.any || reaches(s, agent, s.slot[tag], front));
    };
    const int64_t heal = k + s.enemies;
    return bit(k) || (s.all.plain + heal < s.all.actions && bit(heal));
}

INLINE void observe(const Scene &s, int agent, Row &row) {
    const bool *available = s.available(agent);
    const double sight = s.all.sight[s.type[agent]], limit = sight * sight * 1.0001; // who is farther away is not seen
    bool front[MOST];
    ahead(s, agent, front);
    row.shown = 1;
    for (int k = 2; k < PLAIN; k++) row(available[k]);
    for (int k = 0; k < s.n; k++) {
        const int j = s.slot[k];
        if (j == agent) continue;
        const double x = double(s.x[j]) - double(s.x[agent]), y = double(s.y[j]) - double(s.y[agent]);
        const double square = x * x + y * y;
        const bool near = s.alive[j] && s.alive[agent] && front[j] && s.may(agent, j) && square < limit;
        const double distance = near ? sqrt(square) : sight;
        const bool visible = distance < sight;
        row.shown = visible;
        row(k < s.enemies ? targeted(s, agent, k, front) : visible);
        row(float(distance / sight)), row(float(x / sight)), row(float(y / sight));
        points(s, row, j, 0), kind(s, row, j);
    }
    row.shown = s.alive[agent];
    points(s, row, agent, 0);
    if (s.all.placed) row(s.x[agent] / MAP + 0.5f), row(s.y[agent] / MAP + 0.5f);
    facing(s, row, agent), kind(s, row, agent);
}

INLINE void state(const Scene &s, Row &row) {
    for (int i = 0; i < s.agents; i++) {
        row.shown = s.alive[i];
        row(s.health[i] / s.all.health[s.type[i]]);
        row((s.heals(i) ? s.energy[i] : s.cooldown[i]) / s.all.cooldown[s.type[i]]);
        row(s.x[i] / MAP), row(s.y[i] / MAP);
        points(s, row, i, 1), facing(s, row, i), kind(s, row, i);
    }
    for (int k = 0; k < s.enemies; k++) {
        const int j = s.slot[k];
        row.shown = s.alive[j];
        row(s.health[j] / s.all.health[s.type[j]]);
        row(s.x[j] / MAP), row(s.y[j] / MAP);
        points(s, row, j, 1), kind(s, row, j);
    }
    const int64_t width = s.all.plain + s.enemies;
    for (int i = 0; i < s.agents; i++) { // last actions; zero at first, which the no-op of the living says
        const int64_t action = s.last[i], number = action < width ? action : action - s.enemies;
        row.shown = action > 0 || !s.alive[i];
        for (int64_t k = 0; k < width; k++) row(k == number);
    }
}

INLINE void flat(const Scene &s) {
    for (int i = 0; i < s.agents; i++) {
        Row row = {s.all.observation + (s.number * s.agents + i) * s.all.observed, 1};
        observe(s, i, row);
    }
    Row row = {s.all.state + s.number * s.all.stated, 1};
    state(s, row);
}

// All fields of one battle that are wanted, once it was looked at.
INLINE void view(Scene &s) {
    see(s);
    if (s.all.entities) entities(s);
    if (s.all.observation) flat(s);
}
