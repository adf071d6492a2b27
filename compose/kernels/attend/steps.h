// Where the rows of every step lie, and who sees whom.
#pragma once
#include <algorithm>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

constexpr int64_t MOST = 1024;  // keys, and queries, of a step

struct Sizes {
    int64_t steps, queries, views, heads, part, keys, threads;
    double scale;
    const int64_t *query_rows, *key_rows;  // [step query], [step key]: which row, -1 for none; null: all, in this order
};

struct Mask {
    const bool *at;  // null: everything is seen
    int64_t step, query, view, key;  // strides
};

template <class T> struct Step : Sizes {
    int64_t now, width;
    int64_t query[MOST], key[MOST];  // rows

    explicit Step(const Sizes &sizes) : Sizes(sizes), width(sizes.heads * sizes.part) {}

    void at(int64_t step) {
        now = step;
        for (int64_t a = 0; a < queries; a++) query[a] = row(query_rows, step * queries + a);
        for (int64_t e = 0; e < keys; e++) key[e] = row(key_rows, step * keys + e);
    }
    template <class Number> Number *weights(Number *w, int64_t a) const {
        return w + (now * queries + a) * views * heads * keys;
    }
    void clear(T *rows) const {
        for (int64_t e = 0; e < keys; e++)
            if (key[e] >= 0) std::fill(rows + key[e] * width, rows + (key[e] + 1) * width, T(0));
    }
    // The keys that a query sees in a view; in the only one, if v < 0.
    int64_t visible(const Mask &mask, int64_t a, int64_t v, int64_t *found) const {
        int64_t count = 0;
        const bool *shown = mask.at ? mask.at + now * mask.step + a * mask.query + std::max<int64_t>(v, 0) * mask.view : nullptr;
        for (int64_t e = 0; e < keys; e++)
            if (key[e] >= 0 && (!shown || shown[e * mask.key])) found[count++] = e;
        return count;
    }

private:
    static int64_t row(const int64_t *rows, int64_t slot) { return rows ? rows[slot] : slot; }
};

template <class T, class Body> static void each_step(const Sizes &n, const Body &body) {
    const int64_t threads = std::max<int64_t>(1, std::min(n.threads, n.steps / 64));  // a thread is worth some steps
    auto part = [&](int64_t t) {
        Step<T> step(n);
        for (int64_t s = n.steps * t / threads; s < n.steps * (t + 1) / threads; s++) {
            step.at(s);
            body(step);
        }
    };
    std::vector<std::thread> others;
    for (int64_t t = 1; t < threads; t++) {
        try {
            others.emplace_back(part, t);
        } catch (const std::system_error &) {  // there are no more
            part(t);
        }
    }
    part(0);
    for (auto &other : others) other.join();
}
