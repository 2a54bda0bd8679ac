#pragma once

// Which system calls a function may make. Data only; seccomp.c turns it into a filter.

#include <stddef.h>

enum verdict {
    ALLOWED,
    REFUSED,        // EPERM: as an unprivileged process on AWS would see it
    ABSENT,         // ENOSYS: the caller falls back to an older call
    BY_ARGUMENT,    // seccomp.c looks at the arguments
};

struct system_call {
    int number;
    enum verdict verdict;
};

extern const struct system_call system_calls[];
extern const size_t system_call_count;
