#pragma once

// Cyclic redundancy checks by multiplication without carries, which Swift has no name for.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Whether this processor can do it.
bool crc_can_fold(void);

// Folds bytes to the sixteen that leave the same remainder.
//
// The polynomials are reflected: the lowest bit of the first byte is the highest power. `count` is a multiple of 64, and
// not 0. `state` is the register before the bytes. `multipliers` are x^575, x^511, x^191 and x^127 modulo the polynomial,
// each as 64 bits whose highest is x^0. A register that starts at 0 and takes `remainder` ends as one does that starts at
// `state` and takes all the bytes.
void crc_fold(
    const uint8_t *bytes, size_t count, uint64_t state, const uint64_t multipliers[4], uint8_t remainder[16]);
