#pragma once

// The way of functions to the internet: a process of its own in the host's network namespace, unprivileged, without
// files, that accepts what their network namespaces turn to it and makes the connections for them, and answers their
// questions for names. Of connections it sees bytes, and parses none; questions are looked at by CNameServer.
//
// When it ends another one is started, and given the sockets of the sandboxes that live.

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "options.h"

struct gateway_settings {
    const struct options *options;  // they stay where they are
    bool privileged;
    uid_t uid;
    int poll;      // the epoll that watches the process
    uint64_t tag;  // of its end there
};

// Starts the process. false: there is none, and functions have no internet.
bool gateway_start(const struct gateway_settings *settings);
// Whether connections can be redirected on this machine: tried in a network namespace that is thrown away.
bool gateway_works(void);
// Whether there is one, or will be again in a moment.
bool gateway_serves(void);
// Takes a sandbox's sockets: for names a UDP socket and a TCP listener on port 53, and the TCP listener that its
// connections to the internet are redirected to, if it has one.
void gateway_add(uint64_t sandbox, const int *sockets, int count);
// The sandbox has ended.
void gateway_remove(uint64_t sandbox);
// What epoll said. false: this was about something else.
bool gateway_event(uint64_t tag);
// Starts it again when it is time, and tells it what it did not take before. Milliseconds until it wants to be called again;
// -1: not at all.
int gateway_tend(void);
// Ends the process.
void gateway_stop(void);
