#pragma once

#include <linux/sched.h>
#include <stddef.h>

// clone3 with CLONE_VM and CLONE_VFORK, on the caller's own stack: the child calls `body` below it, which must not touch
// what is above. If body returns (in a process that it forked), so does this, with 0. Else the child's id, or -errno.
long clone_and_call(struct clone_args *arguments, size_t size, void (*body)(void *), void *argument);
