// A step of battles side by side: the loops of Skirmish._fight, battle by battle. Battles that have ended are skipped.
#include "fight.h"
#include "look.h"
#include "walk.h"

template <bool FUSED> static void play(const Play &p) {
    for (int64_t one = 0; one < p.battles; one++) {
        if (!p.running[one]) continue;
        Battle b(p, one);
        b.load();
        see<FUSED>(b);
        for (int64_t loop = 0; loop < p.steps; loop++) {
            for (int i = 0; i < b.n; i++) b.alive[i] = b.lives(i);
            if (p.enemies_look) look(b, p.time + loop, p.allies, p.units);
            if (p.allies_look) look(b, p.time + loop, 0, p.allies);
            aim(b);
            fight(b, p.reload + (one * p.steps + loop) * p.units);
            walk<FUSED>(b);
        }
        for (int64_t i = 0; i < p.settling; i++) apart<FUSED>(b);
        b.store();
    }
}

extern "C" {
int64_t skirmish_most() { return MOST; }
int64_t skirmish_size() { return sizeof(Play); }
void skirmish_play(const Play *given, int64_t fused) { fused ? play<true>(*given) : play<false>(*given); }
}
