#pragma once

// The gateway's own process.

#include <stdbool.h>
#include <sys/types.h>

#include "options.h"

// Gives up everything but the socket to the launcher, from which a sandbox's sockets come with its number, and its number alone when
// it has ended. `root`: a template's namespace, in which there are no files.
_Noreturn void gateway_run(const struct options *options, bool privileged, uid_t uid, int root, int socket_);
