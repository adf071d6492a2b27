// Where units can be, and the way around what they cannot pass: ground.py.
#pragma once
#include "battle.h"

struct Place {
    float x, y;
};

INLINE float cell_of(float x) { return floorf(x + SIZE / 2); }

INLINE int index_of(float x, float y) {
    const float last = SIZE - 1;
    return int(least(most(y, 0), last)) * SIZE + int(least(most(x, 0), last));
}

INLINE bool walkable(const Play &p, Place at, int64_t gait) {
    const float x = cell_of(at.x), y = cell_of(at.y);
    const bool inside = x >= 0 && x < SIZE && y >= 0 && y < SIZE;
    return inside && p.open[gait * SIZE * SIZE + index_of(x, y)];
}

INLINE Place clamped(const Play &p, Place at, int64_t gait) {
    return {least(most(at.x, p.low[gait]), p.high[gait]), least(most(at.y, p.low[3 + gait]), p.high[3 + gait])};
}

INLINE Place course(const Play &p, Place at, Place way, int64_t gait) {
    if (!p.next || gait > 0) return way;
    const int here = index_of(cell_of(at.x), cell_of(at.y));
    const int there = index_of(cell_of(at.x + way.x), cell_of(at.y + way.y));
    const int cell = p.next[here * SIZE * SIZE + there];
    if (cell < 0) return way;
    const float middle = 0.5f - SIZE / 2;
    return {(float(cell % SIZE) + middle) - at.x, (float(cell / SIZE) + middle) - at.y};
}

INLINE Place slide(const Play &p, Place from, Place to, int64_t gait) {
    to = clamped(p, to, gait);
    if (!p.walls || walkable(p, to, gait)) return to;
    const Place along_x = {to.x, from.y}, along_y = {from.x, to.y};
    return walkable(p, along_x, gait) ? along_x : walkable(p, along_y, gait) ? along_y : from;
}

INLINE Place keep(const Play &p, Place from, Place to, int64_t gait) {
    to = clamped(p, to, gait);
    return !p.walls || walkable(p, to, gait) ? to : from;
}
