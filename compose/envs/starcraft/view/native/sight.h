// Who sees whom, and which actions there are: _sight() and _available() of entity.py, ahead() of cone.py.
#pragma once
#include "view.h"

INLINE double squared(const Scene &s, int i, int j) {
    const double x = double(s.x[i]) - double(s.x[j]), y = double(s.y[i]) - double(s.y[j]);
    return x * x + y * y;
}

// Whether units are ahead of an agent [unit]; everybody is where sight is round.
INLINE void ahead(const Scene &s, int agent, bool *found) {
    if (!s.all.cone) return void(memset(found, 1, s.n));
    const double *way = s.all.ways + 2 * s.facing[agent];
    double along[MOST], far[MOST];
    for (int j = 0; j < s.n; j++) {
        const double east = double(s.x[j]) - double(s.x[agent]), north = double(s.y[j]) - double(s.y[agent]);
        along[j] = east * way[0] + north * way[1], far[j] = east * east + north * north;
    }
    if (s.all.mkl_root)
        s.all.mkl_root(s.n, far, far, s.all.mkl_mode);
    else
        for (int j = 0; j < s.n; j++) far[j] = sqrt(far[j]);
    for (int j = 0; j < s.n; j++) found[j] = along[j] >= s.all.cosine * far[j];
}

// Whom an agent could ever choose: enemies; healers choose the others of their own side.
INLINE bool aimable(const Scene &s, int agent, int j) {
    return s.heals(agent) ? s.all.heals && j < s.agents && !s.heals(j) : j >= s.agents;
}

// Whether a target is in reach: carried_out() of entity.py.
INLINE bool reaches(const Scene &s, int agent, int j, const bool *front) {
    const double reach = s.all.reach[s.type[agent]];
    return s.alive[agent] && s.alive[j] && front[j] && aimable(s, agent, j) && squared(s, agent, j) <= reach * reach;
}

// Whether an enemy is where an agent could see it: finds() of entity.py.
INLINE bool finds(const Scene &s, int agent, int j, const bool *front) {
    const double far = s.all.sight[s.type[agent]];
    return s.alive[agent] && s.alive[j] && front[j] && squared(s, agent, j) <= far * far;
}

INLINE void actions(const Scene &s, int agent, const bool *front) {
    const bool acts = s.alive[agent];
    const double reach = s.all.reach[s.type[agent]], limit = reach * reach;
    bool *row = s.all.available + (s.number * s.agents + agent) * s.all.actions;
    row[0] = !acts, row[1] = acts;
    for (int way = 0; way < MOVES; way++) row[2 + way] = acts && s.moves[agent * MOVES + way];
    for (int64_t turn = PLAIN; turn < s.all.plain; turn++) row[turn] = acts;
    for (int64_t tag = 0; tag < s.all.actions - s.all.plain; tag++) {
        const int j = s.slot[tag];
        const bool aims = acts && s.alive[j] && (s.all.any || front[j]) && aimable(s, agent, j);
        row[s.all.plain + tag] = aims && (s.all.any || squared(s, agent, j) <= limit);
    }
}

INLINE void sight(const Scene &s, int i, const bool *front) {
    const double far = s.all.sight[s.type[i]], limit = far * far;
    bool *row = s.all.seen + (s.number * s.n + i) * s.n;
    for (int j = 0; j < s.n; j++)
        row[j] = (s.alive[i] & s.alive[j] & front[j] & (squared(s, i, j) <= limit)) | ((i == j) & s.present[i]);
    if (s.permitted && i < s.agents)
        for (int j = s.agents; j < s.n; j++) row[j] &= s.may(i, j);
}

// Writes available, active and, where it is wanted, sight.
INLINE void see(const Scene &s) {
    bool front[MOST];
    for (int i = 0; i < s.agents; i++) {
        ahead(s, i, front);
        actions(s, i, front);
        s.all.active[s.number * s.agents + i] = s.alive[i];
        if (s.all.seen) sight(s, i, front);
    }
    if (!s.all.seen) return;
    memset(front, 1, s.n); // others see all around
    for (int i = s.agents; i < s.n; i++) sight(s, i, front);
}
