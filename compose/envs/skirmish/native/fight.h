// Shots, splash, shields, healing, death: fight() of combat.py. Sums of damage are exact, so their order is free.
#pragma once
#include "draws.h"

INLINE void burn(const Battle &b, int i, float *raw, float *wound) {
    const Play &p = b.all;
    const float far = most(b.distance[i], 1e-3f), ux = b.delta_x[i] / far, uy = b.delta_y[i] / far;
    const float to_x = b.x[i] + b.delta_x[i], to_y = b.y[i] + b.delta_y[i];
    for (int j = 0; j < b.n; j++) {
        const float x = b.x[j] - to_x, y = b.y[j] - to_y;
        const float forth = most(fabsf(x * ux + y * uy) - float(p.half_width), 0);
        const float across = most(fabsf(y * ux - x * uy) - float(p.half_length), 0);
        const bool meets = forth * forth + across * across <= b.radius[j] * b.radius[j];
        if (!b.alive[j] || !(meets || j == b.target[i])) continue;
        raw[j] += b.damage[i * b.n + j], wound[j] += b.wounds[i * b.n + j];
    }
}

INLINE void burst(const Battle &b, int i, float *raw, float *wound) {
    for (int j = 0; j < b.n; j++) {
        const float x = b.x[j] - b.x[i], y = b.y[j] - b.y[i], edge = float(b.all.circle) + b.radius[j];
        if (!b.alive[j] || !(x * x + y * y <= edge * edge)) continue;
        raw[j] += b.damage[i * b.n + j], wound[j] += b.wounds[i * b.n + j];
    }
}

INLINE void heal(Battle &b) {
    const Play &p = b.all;
    bool healed[MOST] = {}, works[MOST];
    for (int i = 0; i < b.n; i++) {
        const int t = int(b.target[i]);
        const bool wounded = b.lives(t) && b.max_health[t] - b.health[t] > 0;
        const bool enough = b.energy[i] >= float(p.heal_least) || (b.healing[i] && b.energy[i] >= float(p.heal_cost));
        works[i] = b.reached[i] && b.heals[i] && enough && wounded && b.lives(i);
        if (works[i]) healed[t] = true;
    }
    for (int i = 0; i < b.n; i++) {
        const float missing = b.max_health[i] - b.health[i];
        b.health[i] += least(healed[i] ? float(p.heal_rate) : 0.f, missing);
        b.energy[i] -= works[i] ? float(p.heal_cost) : 0.f;
        b.healing[i] = works[i];
    }
}

INLINE void recover(Battle &b) {
    const Play &p = b.all;
    for (int i = 0; i < b.n; i++) {
        const bool lives = b.lives(i);
        if (p.may_shield) {
            const bool rested = lives && b.calm[i] >= float(p.rested);
            b.shield[i] = least(b.shield[i] + (rested ? float(p.shield_rate) : 0.f), b.max_shield[i]);
        }
        if (p.may_regenerate) b.health[i] = least(b.health[i] + (lives ? b.regeneration[i] : 0.f), b.max_health[i]);
        if (p.may_heal) {
            const float gain = (lives ? b.energy_gain[i] : 0.f) * float(p.energy_rate);
            b.energy[i] = least(b.energy[i] + gain, b.max_energy[i]);
        }
    }
}

INLINE void fight(Battle &b, int64_t loop) {
    const Play &p = b.all;
    float raw[MOST], wound[MOST];
    for (int i = 0; i < b.n; i++) raw[i] = wound[i] = 0;
    for (int i = 0; i < b.n; i++) {
        b.fires[i] = b.reached[i] && b.cooldown[i] <= 0 && b.fights[i];
        const int pair = i * b.n + int(b.target[i]);
        if (b.fires[i] && !b.line[i] && !b.circles[i])
            raw[b.target[i]] += b.damage[pair], wound[b.target[i]] += b.wounds[pair];
        if (p.may_line && b.fires[i] && b.line[i]) burn(b, i, raw, wound);
        if (p.may_circle && (b.fires[i] || b.exploding[i]) && b.circles[i]) burst(b, i, raw, wound);
    }
    for (int i = 0; i < b.n; i++) {
        if (p.may_shield) {
            const float absorbed = least(raw[i], b.shield[i]);
            wound[i] = snap((1 - absorbed / most(raw[i], 1)) * wound[i]);
            b.shield[i] -= absorbed;
            b.calm[i] = raw[i] > 0 ? 0 : b.calm[i] + 1;
        }
        b.health[i] = most(b.health[i] - wound[i], 0);
        b.cooldown[i] = most((b.fires[i] ? reload(b, loop, i) : b.cooldown[i]) - 1, 0);
    }
    if (p.may_heal) heal(b);
    if (p.may_circle)
        for (int i = 0; i < b.n; i++) {
            const bool bursts = b.fires[i] && b.circles[i];
            b.exploding[i] = b.alive[i] && !b.lives(i) && b.circles[i] && !bursts;
            if (bursts) b.health[i] = 0;
        }
    recover(b);
}
