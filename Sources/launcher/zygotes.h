#pragma once

// Zygotes: interpreters that have loaded all that they can, from which the programs of stems are forked. A zygote is told
// nothing of any function. See Sources/zygote for the other side.

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "CZygoteProtocol.h"
#include "messages.h"
#include "rootfs.h"

// With root only. `poll` watches them; their events have tags from `tag` on. They all have this uid.
void zygotes_open(int poll, uint64_t tag, uid_t uid);
uid_t zygotes_uid(void);
// Whether there can be any.
bool zygotes_work(void);
// The zygote whose children this program may be, which is started if need be; 0: none. `template`: its mounts.
unsigned zygotes_find(const struct spawn_request *request, const struct rootfs_bind *binds, int template);

// A program to fork. The descriptors are in the order of enum ml_zygote_part.
struct zygote_job {
    struct ml_zygote_order order;
    int descriptors[ML_DESCRIPTORS_MAX];
    int count;
};
// Has it forked in its turn, and closes its descriptors. sandboxes_forked is called sooner or later.
void zygotes_fork(unsigned zygote, const struct zygote_job *job);

// Whether an event is one of theirs, which is dealt with then.
bool zygotes_event(uint64_t tag);
// Replaces those that have been used for long, and ends those that nobody needs. Milliseconds until it wants to be called
// again; -1: not at all.
int zygotes_tend(void);
void zygotes_close(void);
