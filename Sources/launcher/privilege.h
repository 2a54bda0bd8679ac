#pragma once

// What this machine lets the launcher do.

#include <stdbool.h>

enum privilege {
    PRIVILEGE_ROOT,
    PRIVILEGE_USER_NAMESPACE,
    PRIVILEGE_NONE,  // not even a user namespace
};

// Moves the launcher into a mount namespace of its own, with root or in a user namespace.
enum privilege privilege_enter(void);
