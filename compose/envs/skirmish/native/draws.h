// The jitter of weapons: uniform() and bits() of kernels/random.py, reload() of chances.py.
#pragma once
#include "battle.h"

INLINE float uniform(uint64_t key, uint64_t counter) {
    uint64_t z = counter * 0x9E3779B97F4A7C15u + key;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u ^ key;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return float((z ^ (z >> 31)) >> 40) * (1.f / (1 << 24));
}

// Loops from a volley of a unit to its next one.
INLINE float reload(const Battle &b, int64_t loop, int i) {
    const Play &p = b.all;
    const uint64_t steps = p.episode[b.number] * p.limit + p.time[b.number];
    const float draw = uniform(p.key[b.number], steps * (p.steps * p.units) + loop * p.units + i);
    return snap(draw * float(p.spread) + float(p.least)) + b.period[i];
}
