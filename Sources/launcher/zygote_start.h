#pragma once

// How a zygote comes to be: which programs may be one, and what it keeps of the launcher's privileges.

#include <stdbool.h>
#include <sys/types.h>

#include "cgroup.h"
#include "messages.h"
#include "rootfs.h"

// Finds the module that makes an interpreter a zygote, beside the launcher. false: there will be no zygotes.
bool zygote_prepare(void);
// Whether the program may be one. It keeps privileges, and Martlet, which has none, says what it is: so it has to be an
// interpreter of root's that runs the bootstrap of root's, with nothing in its environment that would change that.
bool zygote_may_be(const struct spawn_request *request, const struct rootfs_bind *binds);
// Starts one in a template's mounts, with this end of its socket. Its process, or -1 with errno.
pid_t zygote_start(const struct spawn_request *request, int template, const struct cgroup *group, uid_t uid, int socket);
