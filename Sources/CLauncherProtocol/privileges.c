// Giving up root for good, in a process with one thread.
#define _GNU_SOURCE
#include "CLauncherProtocol.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int ml_rebind(const char *folder, const char *place) {
    if (unshare(CLONE_NEWNS) < 0) return -1;
    // Mounts made later on the host still arrive here; ours do not reach the host.
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) return -1;
    return mount(folder, place, NULL, MS_BIND | MS_REC, NULL);
}

static int give_folder(int folder, uid_t uid, gid_t gid, int depth) {
    // Deeper than anything that Martlet makes: not our folder.
    if (depth > 64) {
        errno = ELOOP;
        return -1;
    }
    DIR *entries = fdopendir(folder);
    if (!entries) {
        close(folder);
        return -1;
    }
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(entries));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        struct stat status;
        if (fstatat(dirfd(entries), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
            if (errno != ENOENT) result = -1;
            continue;
        }
        if (S_ISDIR(status.st_mode)) {
            int below = openat(dirfd(entries), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            result = below < 0 ? -1 : give_folder(below, uid, gid, depth + 1);
        }
        // A second name elsewhere of the same file would be given away too.
        int foreign = S_ISREG(status.st_mode) && status.st_nlink > 1 && status.st_uid == 0;
        if (result == 0 && !foreign && (status.st_uid != uid || status.st_gid != gid))
            result = fchownat(dirfd(entries), entry->d_name, uid, gid, AT_SYMLINK_NOFOLLOW);
    }
    if (result == 0) result = fchown(dirfd(entries), uid, gid);
    int error = errno;
    closedir(entries);
    errno = error;
    return result;
}

int ml_give(const char *folder, uid_t uid, gid_t gid) {
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) return -1;
    struct stat status;
    // Given before: then everything made since is already the user's.
    if (fstat(descriptor, &status) == 0 && status.st_uid == uid && status.st_gid == gid) {
        close(descriptor);
        return 0;
    }
    return give_folder(descriptor, uid, gid, 0);
}

static int map_covers(const char *path, unsigned id) {
    FILE *map = fopen(path, "re");
    if (!map) return 0;
    unsigned inside, outside, count;
    int covers = 0;
    while (!covers && fscanf(map, "%u %u %u", &inside, &outside, &count) == 3) covers = id >= inside && id - inside < count;
    fclose(map);
    return covers;
}

int ml_is_mapped(uid_t uid, gid_t gid) {
    return map_covers("/proc/self/uid_map", uid) && map_covers("/proc/self/gid_map", gid);
}

int ml_become(uid_t uid, gid_t gid) {
    for (int capability = 0; capability < 64; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EINVAL) return -1;
    if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0) return -1;
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    if (syscall(SYS_capset, &head, none) < 0) return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
    // A way back would be a bug: look.
    if (setresuid((uid_t)-1, 0, (uid_t)-1) == 0 || getuid() != uid || geteuid() != uid) {
        errno = EPERM;
        return -1;
    }
    return 0;
}
