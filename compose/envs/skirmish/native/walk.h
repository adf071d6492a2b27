// Walking, around others and apart from one another: motion.py.
#pragma once
#include "ground.h"

constexpr float AHEAD = 0.7f, INSIDE = 1.f / 64, COSINE = 0.5f;
const float SINE = float(std::sqrt(0.75));

// Note offsets: the dead are far away from all.
template <bool FUSED> INLINE void see(Battle &b) {
    for (int i = 0; i < b.n; i++) {
        const bool lives = b.lives(i);
        b.seen_x[i] = lives ? b.x[i] : FAR + 100.f * i;
        b.seen_y[i] = lives ? b.y[i] : FAR + 100.f * i;
    }
    for (int i = 0; i < b.n; i++)
        for (int j = 0; j < b.n; j++) {
            const float x = b.seen_x[j] - b.seen_x[i], y = b.seen_y[j] - b.seen_y[i];
            b.apart[i * b.n + j] = madd<FUSED>(y, y, x * x);
        }
    roots(b.all, b.n * b.n, b.apart);
}

// A heading, turned by 60 degrees away from those who stand in the way.
template <bool FUSED> INLINE Place steered(const Battle &b, int i, Place heading) {
    const float *close = b.close + i * b.n, *distance = b.apart + i * b.n, here_x = b.seen_x[i], here_y = b.seen_y[i];
    bool blocks[MOST];
    int any = 0;
    for (int j = 0; j < b.n; j++) {
        const float x = b.seen_x[j] - here_x, y = b.seen_y[j] - here_y;
        const float forth = madd<FUSED>(heading.y, y, heading.x * x);
        blocks[j] = (forth > AHEAD * distance[j]) & (distance[j] < close[j]) & b.stands[j];
        any |= blocks[j];
    }
    if (!any) return heading;
    blocks[b.target[i]] = false;
    float top = 0, bottom = 0; // of all, those too who do not block
    any = 0;
    for (int j = 0; j < b.n; j++) {
        if (!blocks[j]) continue;
        any = 1;
        const float x = b.seen_x[j] - here_x, y = b.seen_y[j] - here_y;
        const float across = madd<FUSED>(-heading.y, x, heading.x * y);
        top = most(top, across), bottom = least(bottom, across);
    }
    if (!any) return heading;
    const float sine = top + bottom >= 0 ? -SINE : SINE;
    return {COSINE * heading.x - sine * heading.y, sine * heading.x + COSINE * heading.y};
}

// Every two that overlap make room for each other. The parts are multiples of 1 / 4096: their sum is one of integers.
template <bool FUSED> INLINE void apart(Battle &b) {
    see<FUSED>(b);
    for (int i = 0; i < b.n; i++) {
        const float *clearance = b.clearance + i * b.n, *share = b.share + i * b.n, *distance = b.apart + i * b.n;
        const float here_x = b.seen_x[i], here_y = b.seen_y[i];
        int32_t push_x = 0, push_y = 0;
        if (b.lives(i))
            for (int j = 0; j < b.n; j++) {
                const float x = b.seen_x[j] - here_x, y = b.seen_y[j] - here_y;
                const float part = most(clearance[j] / most(distance[j], 1e-3f) - 1, 0) * share[j];
                push_x += int32_t(snap(x * part) * 4096.f), push_y += int32_t(snap(y * part) * 4096.f);
            }
        const Place from = {b.x[i], b.y[i]}, to = {from.x - push_x / 4096.f, from.y - push_y / 4096.f};
        const Place found = keep(b.all, from, to, b.gait[i]);
        b.x[i] = found.x, b.y[i] = found.y;
    }
}

template <bool FUSED> INLINE void walk(Battle &b) {
    bool chases[MOST];
    float way_x[MOST], way_y[MOST], length[MOST];
    for (int i = 0; i < b.n; i++) {
        const bool lives = b.lives(i), marches = lives && b.target[i] == i && b.pace[i] > 0;
        chases[i] = b.valid[i] && lives && !b.reached[i];
        b.stands[i] = !(chases[i] || marches);
        Place way = {0, 0};
        if (!b.stands[i]) {
            const float *goal = b.goal + i * b.all.goal_unit;
            way = {goal[0] - b.x[i], goal[b.all.goal_axis] - b.y[i]};
            if (chases[i]) way = {b.delta_x[i], b.delta_y[i]};
            way = course(b.all, {b.x[i], b.y[i]}, way, b.gait[i]);
        }
        way_x[i] = way.x, way_y[i] = way.y, length[i] = way.x * way.x + way.y * way.y;
    }
    roots(b.all, b.n, length);
    for (int i = 0; i < b.n; i++) {
        const Place from = {b.x[i], b.y[i]};
        Place to = from;
        if (!b.stands[i]) {
            const float scale = most(length[i], 1e-3f);
            const Place heading = steered<FUSED>(b, i, {way_x[i] / scale, way_y[i] / scale});
            const float far = least(chases[i] ? b.speed[i] : b.pace[i], chases[i] ? b.gap[i] + INSIDE : length[i]);
            to = {from.x + snap(heading.x * far), from.y + snap(heading.y * far)};
        }
        to = slide(b.all, from, to, b.gait[i]);
        b.x[i] = to.x, b.y[i] = to.y;
    }
    apart<FUSED>(b);
}
