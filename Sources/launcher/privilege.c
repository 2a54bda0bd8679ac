#include "system.h"
#include "privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "CLauncherProtocol.h"

// Mounts that the host makes later (and undoes) are followed; ours stay here.
static bool follow_host(void) { return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0; }

static bool map_self(uid_t uid, gid_t gid) {
    char map[64];
    snprintf(map, sizeof map, "%u %u 1\n", uid, uid);
    if (write_at(AT_FDCWD, "/proc/self/uid_map", map) < 0) return false;
    if (write_at(AT_FDCWD, "/proc/self/setgroups", "deny") < 0) return false;
    snprintf(map, sizeof map, "%u %u 1\n", gid, gid);
    return write_at(AT_FDCWD, "/proc/self/gid_map", map) == 0;
}

enum privilege privilege_enter(uint32_t first_uid, uint32_t uid_count) {
    uint32_t last_uid = first_uid + uid_count - 1;
    // Root of a container often has a few uids only: then it is not the root that is needed.
    bool has_uids = ml_is_mapped(first_uid, first_uid) && ml_is_mapped(last_uid, last_uid);
    if (geteuid() == 0 && has_uids && unshare(CLONE_NEWNS) == 0 && follow_host()) return PRIVILEGE_ROOT;
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
        complain("cannot make a user namespace: %s", strerror(errno));
        return PRIVILEGE_NONE;
    }
    if (!map_self(uid, gid) || !follow_host()) {
        complain("cannot use a user namespace: %s", strerror(errno));
        return PRIVILEGE_NONE;
    }
    return PRIVILEGE_USER_NAMESPACE;
}
