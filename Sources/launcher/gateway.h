#pragma once

// The way of functions to the internet: a process of its own in the host's network namespace, unprivileged, without
// files, that accepts what their network namespaces turn to it and makes the connections for them. It sees bytes, and
// parses none.

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// Starts the process. false: there is none, and functions have no internet.
bool gateway_start(bool privileged, uid_t uid);
// Whether connections can be redirected on this machine: tried in a network namespace that is thrown away.
bool gateway_works(void);
bool gateway_runs(void);
// Takes a sandbox's sockets: the TCP listener that its connections are redirected to, and the UDP socket for names.
void gateway_add(uint64_t sandbox, const int *sockets, int count);
// The sandbox has ended.
void gateway_remove(uint64_t sandbox);
// Ends the process.
void gateway_stop(void);
