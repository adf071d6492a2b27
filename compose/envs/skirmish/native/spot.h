// Who saw whom first, and who else may see them: spotting.py.
#pragma once
#include "draws.h"

constexpr int64_t NO_OWNER = -1;

// The first agent that finds an enemy; past the last if nobody does.
INLINE int finder(const Scene &s, int enemy, const bool *front) {
    int agent = 0;
    while (agent < s.agents && !finds(s, agent, enemy, front + int64_t(agent) * s.n)) agent++;
    return agent;
}

// After a step.
INLINE void spot(const Battle &b, const Scene &s) {
    const Play &p = b.all;
    const int64_t pairs = int64_t(s.agents) * s.enemies, time = p.time[b.number] + 1;
    const uint64_t moment = uint64_t(p.episode[b.number] * (p.limit + 1) + time) * pairs;
    int64_t *owner = p.owner + b.number * s.enemies;
    bool *permitted = p.permitted + b.number * pairs, front[MOST * MOST];
    for (int i = 0; i < s.agents; i++) ahead(s, i, front + int64_t(i) * s.n);
    for (int k = 0; k < s.enemies; k++) {
        const int enemy = s.agents + k;
        if (owner[k] >= 0 && s.alive[owner[k]] && s.alive[enemy]) continue;
        const int first = finder(s, enemy, front);
        const bool found = first < s.agents;
        owner[k] = found ? first : NO_OWNER;
        for (int i = 0; i < s.agents; i++) {
            const int64_t pair = int64_t(i) * s.enemies + k;
            permitted[pair] = found && (i == first || uniform(p.sight_key[b.number], moment + pair) < float(s.all.shared));
        }
    }
}
