#include "system.h"
#include "cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cgroup_versions.h"

enum { ROUNDS = 200, PAUSE_NANOSECONDS = 5000000 };

// One look at every group. true: none is left.
static bool round_of(int base, bool v2) {
    int copy = openat(base, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (!entries) {
        close_if_open(&copy);
        return true;
    }
    bool empty = true;
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
        if (unlinkat(base, entry->d_name, AT_REMOVEDIR) == 0) continue;
        empty = false;
        int folder = openat(base, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (folder < 0) continue;
        if (v2) {
            cgroup_v2_kill(folder);
        } else {
            cgroup_v1_kill(folder);
            if (faccessat(folder, "freezer.state", F_OK, 0) == 0) (void)cgroup_v1_freeze(folder, false);
        }
        close(folder);
    }
    closedir(entries);
    return empty;
}

void cleanup_groups(int base, bool v2) {
    struct timespec pause = {.tv_nsec = PAUSE_NANOSECONDS};
    for (int round = 0; round < ROUNDS; round++) {
        if (round_of(base, v2)) return;
        nanosleep(&pause, NULL);
    }
    complain("could not remove every control group of an earlier start");
}
