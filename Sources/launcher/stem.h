#pragma once

// Stems: sandboxes that are made ahead, whose program waits to become a function's. Both sides of the socket between
// the launcher and such a program.

#include <stdbool.h>

#include "init.h"
#include "messages.h"
#include "sandbox.h"

// In the launcher: moves the code into the stem's mounts, sets the limits and tells its program. 0, or an errno with the
// stage that failed; then the sandbox is of no use any more.
int stem_specialise(struct sandbox *sandbox, const struct spawn_request *request, const char **stage);

// What a program that waits before its exec was told.
struct stem_orders {
    char **arguments;
    char **environment;
    uint64_t memory;  // bytes
};
// In the program: waits. false: there is nothing to become.
bool stem_wait(int socket, struct stem_orders *orders);
