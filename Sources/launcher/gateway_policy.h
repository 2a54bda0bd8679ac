#pragma once

// Where functions may connect to: the public internet, not the host and its surroundings.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct closed_network {
    uint32_t network;  // host byte order
    unsigned char bits;
};
extern const struct closed_network closed_networks[];
extern const size_t closed_network_count;

// Whether an address (host byte order) is open to functions. Asks the kernel, in the host's network namespace, whether
// it is one of the host's own.
bool gateway_may_reach(uint32_t address);
