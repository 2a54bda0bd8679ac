#include "CChecksums.h"

#if defined(__x86_64__)

#include <emmintrin.h>
#include <wmmintrin.h>

bool crc_can_fold(void) { return __builtin_cpu_supports("pclmul"); }

// A register of 128 bits, moved ahead by the distance that the multipliers stand for, and what is there. The low half of a
// register comes first, so it has the higher powers. A product of reflected factors is one power short of a reflected product,
// hence the odd exponents.
__attribute__((target("pclmul"))) static inline __m128i ahead(__m128i value, __m128i multipliers, __m128i there) {
    __m128i low = _mm_clmulepi64_si128(value, multipliers, 0x00);
    __m128i high = _mm_clmulepi64_si128(value, multipliers, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), there);
}

static inline __m128i block(const uint8_t *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }

__attribute__((target("pclmul"))) void crc_fold(
    const uint8_t *bytes, size_t count, uint64_t state, const uint64_t multipliers[4], uint8_t remainder[16]) {
    const __m128i far = _mm_loadu_si128((const __m128i *)multipliers);
    const __m128i near = _mm_loadu_si128((const __m128i *)(multipliers + 2));
    // Four registers, for four multiplications at a time.
    __m128i a = _mm_xor_si128(block(bytes), _mm_cvtsi64_si128((long long)state));
    __m128i b = block(bytes + 16);
    __m128i c = block(bytes + 32);
    __m128i d = block(bytes + 48);
    for (size_t offset = 64; offset < count; offset += 64) {
        a = ahead(a, far, block(bytes + offset));
        b = ahead(b, far, block(bytes + offset + 16));
        c = ahead(c, far, block(bytes + offset + 32));
        d = ahead(d, far, block(bytes + offset + 48));
    }
    a = ahead(ahead(ahead(a, near, b), near, c), near, d);
    _mm_storeu_si128((__m128i *)remainder, a);
}

#else

bool crc_can_fold(void) { return false; }

void crc_fold(
    const uint8_t *bytes, size_t count, uint64_t state, const uint64_t multipliers[4], uint8_t remainder[16]) {
    (void)bytes, (void)count, (void)state, (void)multipliers;
    for (int i = 0; i < 16; i++) remainder[i] = 0;
}

#endif
