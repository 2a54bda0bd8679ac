#pragma once

// The inside of a sandbox's network namespace.

#include <stdint.h>

// Brings the loopback interface up. 0, or -1 with errno.
int network_loopback(void);
// A listening TCP socket on 127.0.0.1, non-blocking. -1 with errno.
int network_listen(uint16_t port);
// A UDP socket on 127.0.0.1, non-blocking. -1 with errno.
int network_datagrams(uint16_t port);
// The port that a listening socket has; for those that asked for any (0).
uint16_t network_port(int listener);
