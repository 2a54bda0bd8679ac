#include "system.h"
#include "privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "CLauncherProtocol.h"

// Mounts that the host makes later (and undoes) are followed; ours stay here.
static bool follow_host(void) { return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0; }

static bool same_folder(const struct statx *one, const struct statx *other) {
    return one->stx_mnt_id == other->stx_mnt_id && one->stx_ino == other->stx_ino &&
           one->stx_dev_major == other->stx_dev_major && one->stx_dev_minor == other->stx_dev_minor;
}

// In a chroot, setns and pivot_root mean the root of the mount namespace, not the one that is in sight. The latter
// becomes the former, in the launcher's own namespace; where both are the same nothing changes.
static bool own_root(void) {
    const unsigned what = STATX_INO | STATX_MNT_ID;
    struct statx seen, real;
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    int tree = -1;
    bool done = root >= 0 && namespace >= 0 && statx(root, "", AT_EMPTY_PATH, what, &seen) == 0 &&
                setns(namespace, CLONE_NEWNS) == 0 && statx(AT_FDCWD, "/", 0, what, &real) == 0 && follow_host();
    if (done && !same_folder(&seen, &real)) {
        tree = sys_open_tree(root, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE);
        done = tree >= 0 && sys_move_mount(tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) == 0 &&
               fchdir(tree) == 0 && sys_pivot_root(".", ".") == 0 && umount2(".", MNT_DETACH) == 0 && chdir("/") == 0;
    }
    int error = errno;
    if (!done) complain("cannot have the mounts of this root to itself: %s", strerror(error));
    close_if_open(&tree);
    close_if_open(&namespace);
    close_if_open(&root);
    return done;
}

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
    if (geteuid() == 0 && has_uids && unshare(CLONE_NEWNS) == 0 && own_root()) return PRIVILEGE_ROOT;
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
