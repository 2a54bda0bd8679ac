#pragma once

// The way of functions to the internet: a process of its own in the host's network namespace, unprivileged, without
// files, that accepts what their network namespaces turn to it and makes the connections for them, and answers their
// questions for names. Of connections it sees bytes, and parses none; questions are looked at by CNameServer.

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "options.h"

// Starts the process. false: there is none, and functions have no internet.
bool gateway_start(const struct options *options, bool privileged, uid_t uid);
// Whether connections can be redirected on this machine: tried in a network namespace that is thrown away.
bool gateway_works(void);
bool gateway_runs(void);
// Takes a sandbox's sockets: for names a UDP socket and a TCP listener on port 53, and the TCP listener that its
// connections to the internet are redirected to, if it has one.
void gateway_add(uint64_t sandbox, const int *sockets, int count);
// The sandbox has ended.
void gateway_remove(uint64_t sandbox);
// Ends the process.
void gateway_stop(void);
