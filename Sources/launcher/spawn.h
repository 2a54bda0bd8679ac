#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "messages.h"
#include "sandbox.h"

struct spawn_settings {
    bool privileged;
    bool disk;
    uint32_t first_uid;
};

// Makes a sandbox's groups, mounts and process 1, which reports by itself when the program runs. 0, or an errno with
// the stage that failed.
int spawn_sandbox(struct sandbox *sandbox, const struct spawn_request *request, const struct spawn_settings *settings,
                  const char **stage);
