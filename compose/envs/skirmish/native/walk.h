// Walking, around others and apart from one another: motion.py.
#pragma once
#include "ground.h"

constexpr float AHEAD = 0.7f, INSIDE = 1.f / 64, COSINE = 0.5f, MARGIN = 1.0001f;
const float SINE = float(std::sqrt(0.75));

// Note offsets: the dead are far away from all. Distances matter only below `close`, where some room is left for roots
// that are not exact.
template <bool FUSED> INLINE void see(Battle &b) {
    bool moved = !b.saw;
    for (int i = 0; i < b.n; i++) {
        const bool lives = b.lives(i);
        const float x = lives ? b.x[i] : FAR + 100.f * i, y = lives ? b.y[i] : FAR + 100.f * i;
        moved |= x != b.seen_x[i] || y != b.seen_y[i];
        b.seen_x[i] = x, b.seen_y[i] = y;
    }
    b.saw = true;
    if (!moved) return;
    b.nears = 0;
    for (int i = 0; i < b.n; i++) b.crowd[i] = 0;
    for (int i = 0; i < b.n; i++) {
        const float *close = b.close + i * b.n, here_x = b.seen_x[i], here_y = b.seen_y[i];
        const auto square = [&](int j) {
            const float x = b.seen_x[j] - here_x, y = b.seen_y[j] - here_y;
            return madd<FUSED>(y, y, x * x);
        };
        int any = 0;
        for (int j = i + 1; j < b.n; j++) any |= (close[j] > 0) & (square(j) < close[j] * close[j] * MARGIN);
        for (int j = i + 1; any && j < b.n; j++)
            if (close[j] > 0 && square(j) < close[j] * close[j] * MARGIN) {
                b.near[b.nears++] = {uint8_t(i), uint8_t(j), square(j)};
                b.crowd[i]++, b.crowd[j]++;
            }
    }
    float some[MOST];
    for (int first = 0; first < b.nears; first += MOST) {
        const int count = b.nears - first < MOST ? b.nears - first : MOST;
        for (int k = 0; k < count; k++) some[k] = b.near[first + k].distance;
        roots(b.all, count, some);
        for (int k = 0; k < count; k++) b.near[first + k].distance = some[k];
    }
}

// A heading, turned by 60 degrees away from those who stand in the way.
template <bool FUSED> INLINE Place steered(const Battle &b, int i, Place heading) {
    if (!b.crowd[i]) return heading;
    const float *close = b.close + i * b.n, here_x = b.seen_x[i], here_y = b.seen_y[i];
    int any = 0;
    float top = 0, bottom = 0; // of all, those too who do not block
    for (int k = 0; k < b.nears; k++) {
        const Near &two = b.near[k];
        if (two.i != i && two.j != i) continue;
        const int j = two.i == i ? two.j : two.i;
        const float x = b.seen_x[j] - here_x, y = b.seen_y[j] - here_y;
        const float forth = madd<FUSED>(heading.y, y, heading.x * x);
        if (!(forth > AHEAD * two.distance && two.distance < close[j] && b.stands[j] && j != b.target[i])) continue;
        any = 1;
        const float across = madd<FUSED>(-heading.y, x, heading.x * y);
        top = most(top, across), bottom = least(bottom, across);
    }
    if (!any) return heading;
    const float sine = top + bottom >= 0 ? -SINE : SINE;
    return {COSINE * heading.x - sine * heading.y, sine * heading.x + COSINE * heading.y};
}

// How far a unit is pushed by another, in parts of 1 / 4096: their sum is one of integers, whose order is free.
INLINE void push(const Battle &b, int i, int j, float distance, int32_t *push_x, int32_t *push_y) {
    const float x = b.seen_x[j] - b.seen_x[i], y = b.seen_y[j] - b.seen_y[i];
    const float part = most(b.clearance[i * b.n + j] / most(distance, 1e-3f) - 1, 0) * b.share[i * b.n + j];
    push_x[i] += int32_t(snap(x * part) * 4096.f), push_y[i] += int32_t(snap(y * part) * 4096.f);
}

// Every two that overlap make room for each other. Who is not nearer than the clearance takes no part in it: a quotient
// of at most 1 is rounded to at most 1. Returns whether anybody moved.
template <bool FUSED> INLINE bool apart(Battle &b) {
    see<FUSED>(b);
    int32_t push_x[MOST], push_y[MOST];
    for (int i = 0; i < b.n; i++) push_x[i] = push_y[i] = 0;
    for (int k = 0; k < b.nears; k++) {
        const Near &two = b.near[k];
        if (!(two.distance < b.clearance[two.i * b.n + two.j])) continue;
        push(b, two.i, two.j, two.distance, push_x, push_y);
        push(b, two.j, two.i, two.distance, push_x, push_y);
    }
    bool moved = false;
    for (int i = 0; i < b.n; i++) {
        const Place from = {b.x[i], b.y[i]}, to = {from.x - push_x[i] / 4096.f, from.y - push_y[i] / 4096.f};
        const Place found = keep(b.all, from, to, b.gait[i]);
        moved |= found.x != from.x || found.y != from.y;
        b.x[i] = found.x, b.y[i] = found.y;
    }
    return moved;
}

// Several times; once nobody moves, nobody will.
template <bool FUSED> INLINE void settle(Battle &b, int64_t passes) {
    while (passes-- > 0 && apart<FUSED>(b)) {}
}

template <bool FUSED> INLINE void walk(Battle &b) {
    bool chases[MOST];
    float turned[MOST]; // lengths of ways that do not lead straight to the target
    for (int i = 0; i < b.n; i++) {
        chases[i] = b.valid[i] && b.lives(i) && !b.reached[i];
        b.stands[i] = !(chases[i] || b.marches(i));
        turned[i] = 0;
        if (!chases[i] || !b.all.next) continue;
        const Place way = course(b.all, {b.x[i], b.y[i]}, {b.delta_x[i], b.delta_y[i]}, b.gait[i]);
        b.delta_x[i] = way.x, b.delta_y[i] = way.y, turned[i] = way.x * way.x + way.y * way.y;
    }
    if (b.all.next) few_roots(b.all, b.n, turned);
    for (int i = 0; i < b.n; i++) {
        const Place from = {b.x[i], b.y[i]};
        Place to = from;
        if (!b.stands[i]) {
            const float length = chases[i] && b.all.next ? turned[i] : b.distance[i], scale = most(length, 1e-3f);
            const Place heading = steered<FUSED>(b, i, {b.delta_x[i] / scale, b.delta_y[i] / scale});
            const float far = least(chases[i] ? b.speed[i] : b.pace[i], chases[i] ? b.gap[i] + INSIDE : length);
            to = {from.x + snap(heading.x * far), from.y + snap(heading.y * far)};
        }
        to = slide(b.all, from, to, b.gait[i]);
        b.x[i] = to.x, b.y[i] = to.y;
    }
    apart<FUSED>(b);
}
