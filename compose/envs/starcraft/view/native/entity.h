// Features of units: _entities() of entity.py.
#pragma once
#include "view.h"

INLINE void entities(const Scene &s) {
    const View &v = s.all;
    const int64_t tail = 7 + v.shields + 2 * v.cone, choices = v.actions - 2;
    const int64_t width = s.n + choices + v.types + tail;
    float x[MOST], y[MOST], off_x[MOST], off_y[MOST], sum_x = 0, sum_y = 0, count = 0, far = 0;
    for (int i = 0; i < s.n; i++) {
        x[i] = s.present[i] ? s.x[i] : 0, y[i] = s.present[i] ? s.y[i] : 0;
        sum_x += x[i], sum_y += y[i], count += s.present[i]; // sums of multiples of 1 / 4096 are exact
    }
    const float mean_x = sum_x / count, mean_y = sum_y / count;
    for (int i = 0; i < s.n; i++) {
        const float here = s.present[i];
        off_x[i] = (x[i] - mean_x) * here, off_y[i] = (y[i] - mean_y) * here;
        const float square = off_x[i] * off_x[i];
        const float length = sqrtf(s.fused ? __builtin_fmaf(off_y[i], off_y[i], square) : square + off_y[i] * off_y[i]);
        far = length > far ? length : far;
    }
    far = far > 1.f / 4096 ? far : 1.f / 4096;
    float *row = v.entities + s.number * s.n * width;
    memset(row, 0, sizeof(float) * s.n * width);
    for (int i = 0; i < s.n; i++, row += width) {
        const int type = s.type[i];
        if (s.present[i]) {
            row[s.tag[i]] = 1;
            memcpy(row + s.n + choices, v.type + type * v.types, sizeof(float) * v.types);
        }
        if (i < s.agents) {
            for (int64_t k = 0; k < choices; k++) row[s.n + k] = s.available(i)[2 + k];
            float *place = v.position + (s.number * s.agents + i) * 2;
            place[0] = x[i] / MAP, place[1] = y[i] / MAP;
        }
        if (!s.alive[i]) continue;
        float *state = row + width - tail;
        *state++ = s.health[i] / v.health[type];
        if (v.shields) *state++ = s.shield[i] / v.shield[type];
        *state++ = i < s.agents ? s.energy[i] / v.energy[type] : 0;
        *state++ = i < s.agents ? s.cooldown[i] / v.cooldown[type] : 0;
        *state++ = x[i] / MAP, *state++ = y[i] / MAP;
        *state++ = off_x[i] / far, *state++ = off_y[i] / far;
        if (!v.cone || i >= s.agents) continue;
        const double *way = v.ways + 2 * s.facing[i];
        *state++ = float(way[0]), *state++ = float(way[1]);
    }
}
