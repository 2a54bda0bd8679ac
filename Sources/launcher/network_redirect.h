#pragma once

// A sandbox's way to the internet, from the inside. Its network namespace has no interface but loopback; every TCP
// connection to a public address is turned to a listening socket that the launcher's gateway accepts from (gateway.c),
// which looks up where it was meant to go. Private and special addresses are unreachable.

#include <stdint.h>

// In the sandbox's network namespace, as its administrator. 0, or -1 with errno.
int network_redirect(uint16_t gateway_port);
