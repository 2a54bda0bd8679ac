#pragma once

// What this machine lets the launcher do.

#include <stdint.h>

enum privilege {
    PRIVILEGE_ROOT,
    PRIVILEGE_USER_NAMESPACE,
    PRIVILEGE_NONE,  // not even a user namespace
};

// Moves the launcher into a mount namespace of its own: with root, if that is root of enough (`uid_count` uids from
// `first_uid` exist), or in a user namespace.
enum privilege privilege_enter(uint32_t first_uid, uint32_t uid_count);
