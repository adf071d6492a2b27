// A step of battles side by side: those of Skirmish.step and advance, battle by battle. What has ended stays.
#include "fight.h"
#include "look.h"
#include "orders.h"
#include "outcome.h"
#include "spot.h"
#include "walk.h"

template <bool FUSED> INLINE void loops(Battle &b) {
    const Play &p = b.all;
    see<FUSED>(b);
    for (int64_t loop = 0; loop < p.steps; loop++) {
        for (int i = 0; i < b.n; i++) b.alive[i] = b.lives(i);
        const int64_t now = p.time[b.number] * p.steps + loop;
        if (p.enemies_look) look(b, now, p.allies, p.units);
        if (p.allies_look) look(b, now, 0, p.allies);
        aim(b);
        fight(b, loop);
        walk<FUSED>(b);
    }
    settle<FUSED>(b, p.settling);
}

// A battle as views see it; `moves` are not there yet.
INLINE Scene seen(const Battle &b) {
    const Play &p = b.all;
    const int64_t units = b.number * b.n, allies = b.number * p.allies;
    Scene s(*p.view, b.number);
    s.kind = p.kind + units, s.present = p.present + units, s.tag = b.tag;
    s.last = p.last + allies, s.facing = p.facing + allies;
    s.x = b.x, s.y = b.y, s.health = b.health, s.shield = b.shield, s.energy = b.energy, s.cooldown = b.cooldown;
    s.permitted = p.view->hides ? p.permitted + allies * s.enemies : nullptr;
    s.fused = p.place_axis == 1 ? p.fused_pairs : p.fused_planes;
    s.look();
    return s;
}

// The fields of a battle.
INLINE void show(const Battle &b) {
    const Play &p = b.all;
    Scene s = seen(b);
    for (int i = 0; i < p.allies; i++)
        for (int way = 0; way < MOVES; way++) {
            const Place there = {b.x[i] + WAY_X[way] / 2, b.y[i] + WAY_Y[way] / 2};
            s.moves[i * MOVES + way] = walkable(p, there, 0);
        }
    view(s);
}

// Whether every action is one.
static bool legible(const Play &p) {
    for (int64_t i = 0; p.action && i < p.battles * p.allies; i++)
        if (p.action[i] < 0 || p.action[i] >= p.view->actions) return false;
    return true;
}

template <bool FUSED> static void play(const Play &p) {
    for (int64_t one = 0; one < p.battles; one++) {
        Battle b(p, one);
        Stock before;
        b.load();
        before.note(b);
        if (p.running[one]) {
            const int64_t allies = one * p.allies;
            if (p.action) {
                bool dropped[MOST] = {};
                if (p.view->any) drop(seen(b), p.action + allies, dropped);
                order(b, dropped, p.action + allies, p.last + allies, p.facing + allies);
            }
            if (p.chases) chase(b);
            loops<FUSED>(b);
            b.store();
            if (p.view->hides) spot(b, seen(b));
        }
        judge(b, before, p.running[one]);
        show(b);
    }
}

template <bool FUSED> static void begin(const Play &p, int64_t passes) {
    for (int64_t one = 0; one < p.battles; one++) {
        Battle b(p, one);
        b.load();
        settle<FUSED>(b, passes);
        b.store();
    }
}

extern "C" {
int64_t skirmish_most() { return MOST; }
int64_t skirmish_size() { return sizeof(Play); }
int64_t skirmish_view_size() { return sizeof(View); }

// 0: nothing was done, since an action is none.
int64_t skirmish_step(const Play *given, int64_t fused) {
    if (!legible(*given)) return 0;
    fused ? play<true>(*given) : play<false>(*given);
    return 1;
}

// Units make room for one another before a battle: settled() of motion.py.
void skirmish_settle(const Play *given, int64_t fused, int64_t passes) {
    fused ? begin<true>(*given, passes) : begin<false>(*given, passes);
}

void skirmish_show(const Play *given) {
    for (int64_t one = 0; one < given->battles; one++) {
        Battle b(*given, one);
        b.load();
        show(b);
    }
}
}
