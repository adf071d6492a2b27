// What the agents' actions tell their units, and where opponents go who chase (decode() of entity.py, orders.py,
// nearest_foe() of opponents.py).
#pragma once
#include "battle.h"

const float WAY_X[MOVES] = {0, 0, 2, -2}, WAY_Y[MOVES] = {2, -2, 0, 0}; // MOVE cells

INLINE void send(Battle &b, int i, float x, float y) {
    float *goal = b.goal + i * b.all.goal_unit;
    goal[0] = x, goal[b.all.goal_axis] = y;
}

// Which agents chose a target out of reach: dropped() of entity.py.
INLINE void drop(const Scene &s, const int64_t *actions, bool *dropped) {
    bool front[MOST];
    for (int i = 0; i < s.agents; i++) {
        if (actions[i] < s.all.plain) continue;
        ahead(s, i, front);
        dropped[i] = !reaches(s, i, s.slot[actions[i] - s.all.plain], front);
    }
}

// Those whose order is dropped go on with their last one; in the first step there is none, and they stand.
INLINE void order(Battle &b, const bool *dropped, const int64_t *actions, int64_t *last, int64_t *facing) {
    const int64_t plain = b.all.view->plain;
    int slot[MOST];
    for (int i = 0; i < b.n; i++) slot[b.tag[i]] = i;
    for (int i = 0; i < b.all.allies; i++) {
        const int64_t action = actions[i];
        last[i] = action;
        if (dropped[i] && b.all.time[b.number] > 0) continue;
        const bool moves = action >= 2 && action < PLAIN;
        const int way = moves ? int(action - 2) : 0;
        send(b, i, b.x[i] + WAY_X[way], b.y[i] + WAY_Y[way]);
        b.pace[i] = moves ? b.speed[i] : 0;
        b.target[i] = action >= plain && !dropped[i] ? slot[action - plain] : i;
        if (action >= PLAIN && action < plain) facing[i] = action - PLAIN;
    }
}

INLINE void chase(Battle &b) {
    for (int i = int(b.all.allies); i < b.n; i++) {
        int foe = i;
        float nearest = INFINITY;
        for (int j = 0; j < b.all.allies; j++) {
            const float x = b.x[j] - b.x[i], y = b.y[j] - b.y[i], square = x * x + y * y;
            if (b.lives(j) && square < nearest) nearest = square, foe = j;
        }
        send(b, i, b.x[foe], b.y[foe]);
    }
}
