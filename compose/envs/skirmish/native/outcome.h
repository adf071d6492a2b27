// SMAC's reward and end of a battle: outcome() of reward.py.
#pragma once
#include "battle.h"

// What enemies have left, before a step.
struct Stock {
    float points[MOST];
    bool lived[MOST];

    void note(const Battle &b) {
        for (int i = 0; i < b.n; i++) points[i] = b.health[i] + b.shield[i], lived[i] = b.lives(i);
    }
};

// Writes reward and flags; `plays`: the battle had not ended before.
INLINE void judge(const Battle &b, const Stock &before, bool plays) {
    const Play &p = b.all;
    bool allies = false, enemies = false;
    double damage = 0; // a sum that is exact
    int killed = 0;
    for (int i = 0; i < b.n; i++) {
        const bool ours = i < p.allies, lives = b.lives(i), dies = before.lived[i] && !lives;
        (ours ? allies : enemies) |= lives && b.fights[i];
        if (ours || !before.lived[i]) continue;
        killed += dies;
        damage += before.points[i] - (dies ? 0 : b.health[i] + b.shield[i]);
    }
    const bool won = allies && !enemies, over = !(allies && enemies) || p.time[b.number] + 1 >= p.limit;
    const float worth = fabsf(float(damage) + float(p.kill) * float(killed)) + float(p.win) * float(won);
    p.reward[b.number] = plays ? worth * p.scale[b.number] : 0;
    p.over[b.number] = plays && over, p.won[b.number] = plays && won;
    p.truncated[b.number] = false, p.running[b.number] = plays && !over;
}
