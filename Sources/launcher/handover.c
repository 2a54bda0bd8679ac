#include "system.h"
#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

// Few processes are between their clone and their first system call at a time.
enum { FIRST = 8, PLACES = 6, EACH = 20, END = FIRST + PLACES * EACH };

static int placeholder = -1;
static bool taken[PLACES];

static bool keep(int place) {
    for (int i = 0; i < EACH; i++)
        if (dup3(placeholder, FIRST + place * EACH + i, O_CLOEXEC) < 0) return false;
    return true;
}

void handover_open(void) {
    placeholder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (int place = 0; place < PLACES && placeholder >= 0; place++)
        if (!keep(place)) close_if_open(&placeholder);
}

static bool put(int *descriptor, int *next, int end) {
    if (*descriptor < 0) return true;
    if (*next == end || dup3(*descriptor, *next, O_CLOEXEC) < 0) return false;
    *descriptor = (*next)++;
    return true;
}

int handover_take(struct plan *plan, struct cgroup *group) {
    int place = 0;
    while (place < PLACES && taken[place]) place++;
    if (placeholder < 0 || place == PLACES) return -1;
    const struct plan original = *plan;
    const struct cgroup own = *plan->group;
    taken[place] = true;
    int next = FIRST + place * EACH;
    const int end = next + EACH;
    *group = own;
    plan->group = group;
    bool fits = put(&plan->report, &next, end) && put(&plan->output, &next, end) && put(&plan->stem, &next, end);
    for (int i = 0; i < plan->mount_count && fits; i++) fits = put(&plan->mounts[i].tree, &next, end);
    for (int i = 0; i < HIERARCHIES_MAX && fits; i++) fits = put(&group->tasks[i], &next, end);
    if (fits) return place;
    *plan = original;
    handover_release(&place);
    return -1;
}

void handover_release(int *place) {
    if (*place < 0) return;
    // Whether the place can be had again or not, nothing of a sandbox's stays in it.
    taken[*place] = !keep(*place);
    *place = -1;
}

int handover_receive(void) { return (int)syscall(SYS_close_range, (unsigned)END, ~0u, CLOSE_RANGE_UNSHARE); }
