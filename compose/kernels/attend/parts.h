// Loops over the numbers of a row, P of them, or n if that is 0.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

template <class T> struct Lanes {
    static constexpr int64_t N = 32 / sizeof(T);
    typedef T Type __attribute__((vector_size(32)));
};

template <class T, int P> static inline T dot(const T *x, const T *y, int64_t n) {
    constexpr int64_t N = Lanes<T>::N;
    if (P) n = P;
    typename Lanes<T>::Type sum{}, a, b;
    int64_t i = 0;
    for (; i + N <= n; i += N) {
        std::memcpy(&a, x + i, sizeof a);
        std::memcpy(&b, y + i, sizeof b);
        sum += a * b;
    }
    T half[N];
    std::memcpy(half, &sum, sizeof sum);
    for (int64_t k = N / 2; k; k /= 2)
        for (int64_t j = 0; j < k; j++) half[j] += half[j + k];
    for (; i < n; i++) half[0] += x[i] * y[i];
    return half[0];
}

template <class T, int P> static inline void add(T *__restrict to, T weight, const T *__restrict x, int64_t n) {
    if (P) n = P;
    for (int64_t i = 0; i < n; i++) to[i] += weight * x[i];
}

static inline double exponential(double x) { return std::exp(x); }

// Of x <= 0, to 2e-7 of it: 2^n times a polynomial (Taylor's, on half a power of two) of what remains.
static inline float exponential(float x) {
    const bool none = x < -87.0f;
    x = none ? -87.0f : x;
    const int32_t n = static_cast<int32_t>(x * 1.44269504f - 0.5f);
    const float y = static_cast<float>(n), r = (x - y * 0.693359375f) + y * 2.12194440e-4f;
    float p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    const int32_t bits = (n + 127) << 23;
    float power;
    std::memcpy(&power, &bits, sizeof power);
    return none ? 0.0f : p * power;
}

// exp(z - most) in place of z; their sum.
template <class T> static inline T exponentials(T *z, T most, int64_t n) {
    T sum = 0;
    for (int64_t i = 0; i < n; i++) z[i] = exponential(z[i] - most);
    for (int64_t i = 0; i < n; i++) sum += z[i];
    return sum;
}
