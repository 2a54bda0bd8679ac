#pragma once

// The function's own process, from its birth to its exec.

#include <stdint.h>
#include <sys/resource.h>

#include "init.h"

// What a program's data may be more than the function's memory, where that is all that limits it.
#define PROGRAM_DATA_EXTRA ((rlim_t)512 << 20)

struct program_failure {
    int32_t error;
    char stage[64];
};

// The limits of every program, whatever its memory. 0, or -1 with errno.
int program_limit_resources(void);
// Becomes the program; on failure writes a program_failure and exits. After vfork: touches nothing of the parent's.
_Noreturn void program_run(const struct plan *plan, int failures);
