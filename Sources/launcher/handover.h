#pragma once

// How a sandbox's first process gets its descriptors. The launcher has a dozen open for each sandbox; a process that copied them all, to close
// them, would start the more slowly the more sandboxes there are. So it shares the launcher's table for its first system
// call, which takes a copy of the low part alone (close_range with CLOSE_RANGE_UNSHARE); there the launcher has put what it needs.

#include <stdbool.h>

#include "init.h"

// Keeps the low part free. To be called before anything else is opened; without it every process copies the table.
void handover_open(void);
// Copies what a plan names into the low part; the plan names the copies then, and as its control groups `group`, with the copies of their files.
// The place; -1: there is none free, and the plan is as it was.
int handover_take(struct plan *plan, struct cgroup *group);
// The process has its own copy, or ended. -1 is no place.
void handover_release(int *place);
// In the process, before anything else. -1 with errno.
int handover_receive(void);
