// Attention of few queries over few keys, step by step, on rows that lie anywhere: nothing is copied or padded.
// What the functions compute is told in the Python modules of this folder. Only the order of sums differs from torch.
#include "parts.h"
#include "steps.h"

// Weights of queries [R H D] over keys [R H D] under a mask: w [step A V H E].
template <class T, int P> static void look(const Step<T> &n, const T *q, const T *k, const Mask &mask, T *w) {
    T z[MOST];
    int64_t any[MOST], seen[MOST];
    for (int64_t a = 0; a < n.queries; a++) {
        T *out = n.weights(w, a);
        std::fill(out, out + n.views * n.heads * n.keys, T(0));
        const int64_t row = n.query[a];
        if (row < 0) continue;
        const int64_t most = n.visible(mask, a, -1, any);
        for (int64_t v = 0; v < n.views; v++) {
            const int64_t count = n.views == 1 ? most : n.visible(mask, a, v, seen);
            const int64_t *shown = n.views == 1 ? any : seen;
            for (int64_t h = 0; h < n.heads; h++) {
                T *to = out + (v * n.heads + h) * n.keys, largest = -std::numeric_limits<T>::infinity();
                const T *of = q + row * n.width + h * n.part;
                for (int64_t i = 0; i < count; i++) {
                    z[i] = T(n.scale) * dot<T, P>(of, k + n.key[shown[i]] * n.width + h * n.part, n.part);
                    if (!(z[i] <= largest)) largest = z[i];
                }
                const T share = 1 / exponentials(z, largest, count);
                for (int64_t i = 0; i < count; i++) to[shown[i]] = z[i] * share;
            }
        }
    }
}

// Gradients of q and k from that of w.
template <class T, int P>
static void look_back(const Step<T> &n, const T *g, const T *w, const T *q, const T *k, T *to_q, T *to_k) {
    T d[MOST];
    n.clear(to_k);
    for (int64_t a = 0; a < n.queries; a++) {
        if (n.query[a] < 0) continue;
        const T *grads = n.weights(g, a), *found = n.weights(w, a);
        for (int64_t h = 0; h < n.heads; h++) {
            const int64_t part = n.query[a] * n.width + h * n.part;
            std::fill(d, d + n.keys, T(0));
            for (int64_t v = 0; v < n.views; v++) {
                const int64_t at = (v * n.heads + h) * n.keys;
                const T mean = dot<T, 0>(grads + at, found + at, n.keys);
                for (int64_t e = 0; e < n.keys; e++) d[e] += found[at + e] * (grads[at + e] - mean);
            }
            std::fill(to_q + part, to_q + part + n.part, T(0));
            for (int64_t e = 0; e < n.keys; e++) {
                if (d[e] == 0 || n.key[e] < 0) continue;  // a number that is none is not 0
                const int64_t at = n.key[e] * n.width + h * n.part;
                add<T, P>(to_q + part, T(n.scale) * d[e], k + at, n.part);
                add<T, P>(to_k + at, T(n.scale) * d[e], q + part, n.part);
            }
        }
    }
}

// Sums of values [R H D] under weights [step A V H E]: y [R V H D], or [step A V H D].
template <class T, int P> static void read(const Step<T> &n, const T *w, const T *x, T *y) {
    for (int64_t a = 0; a < n.queries; a++) {
        if (n.query[a] < 0) continue;
        for (int64_t vh = 0; vh < n.views * n.heads; vh++) {
            T *to = y + (n.query[a] * n.views * n.heads + vh) * n.part;
            const T *from = n.weights(w, a) + vh * n.keys, *of = x + vh % n.heads * n.part;
            std::fill(to, to + n.part, T(0));
            for (int64_t e = 0; e < n.keys; e++)
                if (n.key[e] >= 0 && from[e] != 0) add<T, P>(to, from[e], of + n.key[e] * n.width, n.part);
        }
    }
}

// Gradients of w and x from that of y.
template <class T, int P>
static void read_back(const Step<T> &n, const T *g, const T *w, const T *x, T *to_w, T *to_x) {
    n.clear(to_x);
    for (int64_t a = 0; a < n.queries; a++) {
        std::fill(n.weights(to_w, a), n.weights(to_w, a + 1), T(0));
        if (n.query[a] < 0) continue;
        for (int64_t vh = 0; vh < n.views * n.heads; vh++) {
            const T *grads = g + (n.query[a] * n.views * n.heads + vh) * n.part, *under = n.weights(w, a) + vh * n.keys;
            T *to = n.weights(to_w, a) + vh * n.keys;
            for (int64_t e = 0; e < n.keys; e++) {
                if (n.key[e] < 0) continue;
                const int64_t at = n.key[e] * n.width + vh % n.heads * n.part;
                to[e] = dot<T, P>(grads, x + at, n.part);
                if (under[e] != 0) add<T, P>(to_x + at, under[e], grads, n.part);
            }
        }
    }
}

template <class T, int P> static void all(int64_t what, const Sizes &n, void *const *x, const Mask &mask) {
    auto in = [&](int i) { return static_cast<const T *>(x[i]); };
    auto out = [&](int i) { return static_cast<T *>(x[i]); };
    each_step<T>(n, [&](const Step<T> &step) {
        if (what == 0) look<T, P>(step, in(0), in(1), mask, out(2));
        if (what == 1) look_back<T, P>(step, in(0), in(1), in(2), in(3), out(4), out(5));
        if (what == 2) read<T, P>(step, in(0), in(1), out(2));
        if (what == 3) read_back<T, P>(step, in(0), in(1), in(2), out(3), out(4));
    });
}

template <class T> static void sized(int64_t what, const Sizes &n, void *const *x, const Mask &mask) {
    if (n.part == 16) return all<T, 16>(what, n, x, mask);
    if (n.part == 32) return all<T, 32>(what, n, x, mask);
    all<T, 0>(what, n, x, mask);
}

extern "C" {
int64_t attend_most() { return MOST; }

void attend(int64_t what, int64_t wide, const Sizes *sizes, void *const *tensors, const Mask *mask) {
    wide ? sized<double>(what, *sizes, tensors, *mask) : sized<float>(what, *sizes, tensors, *mask);
}
}
