// Scripted units choose targets (opponents.py), and all see where theirs are (aim() of combat.py).
#pragma once
#include "ground.h"

constexpr float UNARMED = 100.f;
constexpr int64_t TIES = 128, NOBODY = int64_t(1) << 40;

INLINE bool possible(const Battle &b, int i, int j) {
    const int pair = i * b.n + j;
    return b.alive[j] && (b.hits[pair] || (b.mends[pair] && b.health[j] < b.max_health[j]));
}

INLINE void acquire(Battle &b, int i) {
    float distance[MOST];
    for (int j = 0; j < b.n; j++) {
        const float x = b.x[j] - b.x[i], y = b.y[j] - b.y[i];
        distance[j] = possible(b, i, j) ? x * x + y * y : 0;
    }
    few_roots(b.all, b.n, distance);
    const int old = int(b.target[i]);
    if (possible(b, i, old) && distance[old] <= b.reach[i] + b.radius[old]) return;
    int64_t nearest = NOBODY;
    int choice = i;
    for (int j = 0; j < b.n; j++) {
        if (!possible(b, i, j)) continue;
        if (!(distance[j] <= b.scan[i] + (b.heals[i] ? 0.f : b.radius[j]))) continue;
        const bool passive = !(b.fights[j] || b.healing[j]) && !b.mends[i * b.n + j];
        const int64_t cost = int64_t((distance[j] + (passive ? UNARMED : 0.f)) * 4096.f) * TIES + b.tag[j];
        if (cost < nearest) nearest = cost, choice = j;
    }
    b.target[i] = choice;
}

// The units from first up to but without last whose turn it is: one in `reaction`, as looking() of opponents.py.
INLINE void look(Battle &b, int64_t loop, int64_t first, int64_t last) {
    const int64_t every = b.all.reaction;
    for (int64_t i = first + (every - loop % every) % every; i < last; i += every) acquire(b, int(i));
}

// Where targets are; of those who march, where their way leads: they have no target.
INLINE void aim(Battle &b) {
    for (int i = 0; i < b.n; i++) {
        const int t = int(b.target[i]), pair = i * b.n + t;
        Place way = {b.x[t] - b.x[i], b.y[t] - b.y[i]};
        b.valid[i] = b.alive[i] && b.alive[t] && (b.hits[pair] || b.mends[pair]);
        if (b.marches(i)) {
            const float *goal = b.goal + i * b.all.goal_unit;
            way = course(b.all, {b.x[i], b.y[i]}, {goal[0] - b.x[i], goal[b.all.goal_axis] - b.y[i]}, b.gait[i]);
        }
        b.delta_x[i] = way.x, b.delta_y[i] = way.y;
        b.distance[i] = b.valid[i] || t == i ? way.x * way.x + way.y * way.y : 0;
    }
    few_roots(b.all, b.n, b.distance);
    for (int i = 0; i < b.n; i++) {
        const int t = int(b.target[i]);
        b.gap[i] = (b.distance[i] - b.reach[i]) - b.radius[t];
        b.reached[i] = b.valid[i] && b.gap[i] <= 0;
    }
}
