#include "system.h"
#include "rootfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "CLauncherProtocol.h"
#include "rootfs_etc.h"
#include "rootfs_trust.h"

enum { TEMPLATES_MAX = 32, TREES_MAX = 96 };
static const uint64_t READ_ONLY = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

static struct template {
    char *key;
    size_t key_size;
    int namespace;
    unsigned long used;
} templates[TEMPLATES_MAX];
static unsigned long uses;
static int namespaces = -1;  // /proc/self/ns: the way to name a namespace in which there is no /proc
static int own_namespace = -1;
static bool with_root;
static int slots = -1;  // a private tmpfs for the passwd files

// What goes into a template: detached trees, taken in the launcher's own namespace before the template's exists.
struct tree {
    char inside[ML_PATH_MAX];
    int tree;
    bool folder;
};

int rootfs_tree(int source) {
    int tree = sys_open_tree(source, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE);
    if (tree < 0) return -1;
    if (sys_mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, READ_ONLY, MS_PRIVATE) < 0) {
        int error = errno;
        close(tree);
        errno = error;
        return -1;
    }
    return tree;
}

static int add_tree(struct tree *trees, int *count, const char *host, const char *inside, uint64_t attributes) {
    if (*count == TREES_MAX) return -1;
    struct tree *tree = &trees[*count];
    int source = open(host, O_PATH | O_CLOEXEC);
    struct stat status;
    if (source < 0 || fstat(source, &status) < 0) {
        close_if_open(&source);
        return -1;
    }
    tree->tree = sys_open_tree(source, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE);
    close(source);
    if (tree->tree < 0) return -1;
    if (sys_mount_setattr(tree->tree, "", AT_EMPTY_PATH | AT_RECURSIVE, attributes, MS_PRIVATE) < 0) {
        close(tree->tree);
        return -1;
    }
    snprintf(tree->inside, sizeof tree->inside, "%s", inside);
    tree->folder = S_ISDIR(status.st_mode);
    (*count)++;
    return 0;
}

// Makes the folders above a place, and the place itself, below the current folder (the new root).
static int make_place(const char *inside, bool folder) {
    char path[ML_PATH_MAX];
    snprintf(path, sizeof path, "%s", inside + 1);
    for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(path, 0755) < 0 && errno != EEXIST) return -1;
        *slash = '/';
    }
    if (folder) return mkdir(path, 0755) < 0 && errno != EEXIST ? -1 : 0;
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0) return -1;
    close(file);
    return 0;
}

// On AWS /bin/sh is bash, and bootstraps count on it (`set -o pipefail`). Where the host's is dash, bash takes its place.
static int add_shell(struct tree *trees, int *count) {
    char *shell = realpath("/bin/sh", NULL), *bash = realpath("/bin/bash", NULL);
    const char *name = shell ? strrchr(shell, '/') : NULL;
    int result = bash && name && strcmp(name, "/dash") == 0 ? add_tree(trees, count, bash, shell, READ_ONLY) : 0;
    if (result < 0) complain("cannot bind %s: %s", bash, strerror(errno));
    free(shell);
    free(bash);
    return result;
}

// The system's own folders: /usr, and /bin and its like, which are links into it or folders of their own.
static int add_system(struct tree *trees, int *count, char links[][2][64], int *link_count) {
    static const char *const names[] = {"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[16], target[64];
        snprintf(path, sizeof path, "/%s", names[i]);
        struct stat status;
        if (lstat(path, &status) < 0) continue;
        if (S_ISLNK(status.st_mode)) {
            ssize_t size = readlink(path, target, sizeof target - 1);
            if (size <= 0) continue;
            target[size] = 0;
            snprintf(links[*link_count][0], 64, "%s", target);
            snprintf(links[*link_count][1], 64, "%s", names[i]);
            (*link_count)++;
        } else if (add_tree(trees, count, path, path, READ_ONLY) < 0) {
            complain("cannot bind %s: %s", path, strerror(errno));
            return -1;
        }
    }
    if (add_shell(trees, count) < 0) return -1;
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        // No nodev, of course; noexec and nosuid are right.
        if (add_tree(trees, count, devices[i], devices[i], MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC) < 0) {
            complain("cannot bind %s: %s", devices[i], strerror(errno));
            return -1;
        }
    }
    // Configuration that the programs in /usr need and that holds no secret.
    static const char *const configuration[] = {"/etc/alternatives", "/etc/ca-certificates", "/etc/crypto-policies"};
    for (size_t i = 0; i < sizeof configuration / sizeof *configuration; i++)
        (void)add_tree(trees, count, configuration[i], configuration[i], READ_ONLY);
    // Debian's JDKs keep theirs in /etc/java-17-openjdk and the like.
    DIR *etc = opendir("/etc");
    if (!etc) return 0;
    for (struct dirent *entry; (entry = readdir(etc));) {
        if (strncmp(entry->d_name, "java", 4) != 0) continue;
        char path[300];
        snprintf(path, sizeof path, "/etc/%s", entry->d_name);
        (void)add_tree(trees, count, path, path, READ_ONLY);
    }
    closedir(etc);
    return 0;
}

static int new_tmpfs(const char *size, const char *mode) {
    int context = sys_fsopen("tmpfs");
    if (context < 0) return -1;
    int result = -1;
    if (sys_fsconfig(context, FSCONFIG_SET_STRING, "size", size) == 0 &&
        sys_fsconfig(context, FSCONFIG_SET_STRING, "nr_inodes", "16384") == 0 &&
        sys_fsconfig(context, FSCONFIG_SET_STRING, "mode", mode) == 0 &&
        sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) == 0)
        result = sys_fsmount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    int error = errno;
    close(context);
    errno = error;
    return result;
}

// In the new namespace, with the new root as current folder: everything that a template holds.
static int furnish(const struct tree *trees, int count, char links[][2][64], int link_count,
                   const struct rootfs_bind *binds, int bind_count) {
    // The folders called lib, under what comes later: a dynamic loader never looks again in a place of LD_LIBRARY_PATH
    // that it did not find once, and a stem's starts before there is code.
    static const char *const folders[] = {"/dev", "/etc", "/opt", "/opt/lib", "/proc", "/tmp", "/var", "/var/empty",
                                          "/var/task", "/var/task/lib", "/var/runtime", "/var/lang"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (make_place(folders[i], true) < 0) return -1;
    for (int i = 0; i < link_count; i++)
        if (symlink(links[i][0], links[i][1]) < 0) return -1;
    if (symlink("/proc/self/fd", "dev/fd") < 0 || symlink("/proc/self/fd/0", "dev/stdin") < 0 ||
        symlink("/proc/self/fd/1", "dev/stdout") < 0 || symlink("/proc/self/fd/2", "dev/stderr") < 0)
        return -1;
    if (rootfs_write_etc() < 0 || rootfs_write_trust() < 0) return -1;
    // Every place before any mount: what is mounted may hold symbolic links, and nothing is made behind one.
    for (int i = 0; i < count; i++)
        if (make_place(trees[i].inside, trees[i].folder) < 0) return -1;
    for (int i = 0; i < bind_count; i++)
        if (!binds[i].in_template && make_place(binds[i].inside, binds[i].folder) < 0) return -1;
    for (int i = 0; i < count; i++) {
        int place = sys_openat2(AT_FDCWD, trees[i].inside + 1, O_PATH, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
        if (place < 0) return -1;
        int moved = sys_move_mount(trees[i].tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
        int error = errno;
        close(place);
        errno = error;
        if (moved < 0) return -1;
    }
    return 0;
}

static int make_template(const struct rootfs_bind *binds, int bind_count) {
    static struct tree trees[TREES_MAX];
    char links[8][2][64];
    int count = 0, link_count = 0, root = -1, namespace = -1;
    bool away = false;
    if (add_system(trees, &count, links, &link_count) < 0) goto done;
    // In a user namespace the kernel mounts a new /proc only where a whole one is in sight.
    const uint64_t harmless = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    if (!with_root && add_tree(trees, &count, "/proc", "/proc", harmless) < 0) goto done;
    for (int i = 0; i < bind_count; i++) {
        if (!binds[i].in_template) continue;
        if (count == TREES_MAX) {
            errno = E2BIG;
            goto done;
        }
        int tree = rootfs_tree(binds[i].source);
        if (tree < 0) goto done;
        trees[count].tree = tree;
        trees[count].folder = binds[i].folder;
        snprintf(trees[count].inside, sizeof trees[count].inside, "%s", binds[i].inside);
        count++;
    }
    root = new_tmpfs("16m", "0755");
    if (root < 0 || unshare(CLONE_NEWNS) < 0) goto done;
    away = true;
    // From here on in the template's namespace. Where the new root is put for the moment hides nothing that is needed.
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) goto done;
    if (sys_move_mount(root, "", AT_FDCWD, "/tmp", MOVE_MOUNT_F_EMPTY_PATH) < 0) goto done;
    if (chdir("/tmp") < 0 || furnish(trees, count, links, link_count, binds, bind_count) < 0) goto done;
    if (sys_mount_setattr(AT_FDCWD, ".", 0, READ_ONLY, 0) < 0) goto done;
    if (sys_pivot_root(".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0) goto done;
    namespace = openat(namespaces, "mnt", O_RDONLY | O_CLOEXEC);
done:;
    int error = errno;
    if (away && rootfs_leave() < 0) {
        complain("cannot return to its own mounts: %s", strerror(errno));
        abort();
    }
    for (int i = 0; i < count; i++) close_if_open(&trees[i].tree);
    close_if_open(&root);
    errno = error;
    return namespace;
}

int rootfs_open(bool privileged) {
    with_root = privileged;
    namespaces = open("/proc/self/ns", O_PATH | O_DIRECTORY | O_CLOEXEC);
    own_namespace = namespaces < 0 ? -1 : openat(namespaces, "mnt", O_RDONLY | O_CLOEXEC);
    if (own_namespace < 0) {
        complain("cannot open /proc/self/ns: %s", strerror(errno));
        return -1;
    }
    if (!with_root) return 0;
    // A place of the launcher's own for the passwd files, seen by nobody else.
    if (mkdir("/run/martlet", 0755) < 0 && errno != EEXIST) {
        complain("cannot make /run/martlet: %s", strerror(errno));
        return -1;
    }
    int tmpfs = new_tmpfs("16m", "0700");
    if (tmpfs < 0 || sys_move_mount(tmpfs, "", AT_FDCWD, "/run/martlet", MOVE_MOUNT_F_EMPTY_PATH) < 0) {
        complain("cannot mount a tmpfs: %s", strerror(errno));
        close_if_open(&tmpfs);
        return -1;
    }
    close(tmpfs);
    slots = open("/run/martlet", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return slots < 0 ? -1 : 0;
}

int rootfs_enter(int namespace) { return setns(namespace, CLONE_NEWNS); }

int rootfs_leave(void) { return setns(own_namespace, CLONE_NEWNS); }

// The binds as bytes: the same binds of the same files are the same template; an interpreter that was replaced is
// another.
static char *make_key(const struct rootfs_bind *binds, int count, size_t *size) {
    size_t capacity = (size_t)count * (ML_PATH_MAX + sizeof(struct stat)) + 1, used = 0;
    char *key = malloc(capacity);
    if (!key) return NULL;
    for (int i = 0; i < count; i++) {
        struct {
            dev_t device;
            ino_t inode;
            char in_template, folder;
        } identity;
        memset(&identity, 0, sizeof identity);
        struct stat status;
        if (binds[i].in_template) {
            if (fstat(binds[i].source, &status) < 0) {
                free(key);
                return NULL;
            }
            identity.device = status.st_dev;
            identity.inode = status.st_ino;
        }
        identity.in_template = binds[i].in_template;
        identity.folder = binds[i].folder;
        memcpy(key + used, &identity, sizeof identity);
        used += sizeof identity;
        size_t length = strlen(binds[i].inside) + 1;
        memcpy(key + used, binds[i].inside, length);
        used += length;
    }
    // One that was made before the platform had its authority is of no more use then.
    key[used++] = rootfs_trust_is_known();
    *size = used;
    return key;
}

int rootfs_template(const struct rootfs_bind *binds, int count) {
    size_t size;
    char *key = make_key(binds, count, &size);
    if (!key) return -1;
    struct template *place = &templates[0];
    for (int i = 0; i < TEMPLATES_MAX; i++) {
        struct template *template = &templates[i];
        if (template->key && template->key_size == size && memcmp(template->key, key, size) == 0) {
            free(key);
            template->used = ++uses;
            return template->namespace;
        }
        // A free place, or the one that was not needed for longest. Sandboxes keep their own copies.
        if (place->key && (!template->key || template->used < place->used)) place = template;
    }
    int namespace = make_template(binds, count);
    if (namespace < 0) {
        int error = errno;
        free(key);
        errno = error;
        return -1;
    }
    if (place->key) {
        free(place->key);
        close(place->namespace);
    }
    *place = (struct template){.key = key, .key_size = size, .namespace = namespace, .used = ++uses};
    return namespace;
}

int rootfs_passwd(unsigned slot, uid_t uid, gid_t gid) {
    if (!with_root) return -1;
    char name[16], text[512];
    snprintf(name, sizeof name, "%u", slot);
    int file = openat(slots, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file >= 0) {
        int length = rootfs_passwd_text(text, sizeof text, uid, gid);
        ssize_t written = write(file, text, (size_t)length);
        close(file);
        if (written != length) {
            unlinkat(slots, name, 0);
            return -1;
        }
    } else if (errno != EEXIST) {
        return -1;
    }
    int source = openat(slots, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (source < 0) return -1;
    int tree = rootfs_tree(source);
    close(source);
    return tree;
}

int rootfs_mount_proc(void) {
    int context = sys_fsopen("proc");
    if (context < 0) return -1;
    int proc = -1;
    // Only one's own processes are in sight: the reaper is not.
    (void)sys_fsconfig(context, FSCONFIG_SET_STRING, "hidepid", "invisible");
    if (sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) == 0)
        proc = sys_fsmount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    int error = errno;
    close(context);
    errno = error;
    if (proc < 0) return -1;
    int moved = sys_move_mount(proc, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH);
    close(proc);
    if (moved < 0) return -1;

    // Files of the kernel that are the host's: covered. They are owned by root anyway; most are unreadable already.
    static const char *const files[] = {
        "/proc/config.gz",      "/proc/iomem",         "/proc/ioports",      "/proc/kallsyms",
        "/proc/kcore",          "/proc/key-users",     "/proc/keys",         "/proc/kmsg",
        "/proc/kpagecgroup",    "/proc/kpagecount",    "/proc/kpageflags",   "/proc/latency_stats",
        "/proc/modules",        "/proc/pagetypeinfo",  "/proc/sched_debug",  "/proc/slabinfo",
        "/proc/sysrq-trigger",  "/proc/timer_list",    "/proc/timer_stats",  "/proc/vmallocinfo",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (mount("/dev/null", files[i], NULL, MS_BIND, NULL) < 0 && errno != ENOENT) return -1;
    static const char *const folders[] = {"/proc/acpi", "/proc/asound", "/proc/bus",  "/proc/driver",
                                          "/proc/fs",   "/proc/irq",    "/proc/scsi", "/proc/tty"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (mount("/var/empty", folders[i], NULL, MS_BIND, NULL) < 0 && errno != ENOENT) return -1;
    // Programs read settings here (the largest pid, whether memory is overcommitted); nobody writes any.
    int settings = sys_open_tree(AT_FDCWD, "/proc/sys", OPEN_TREE_CLONE);
    if (settings < 0) return errno == ENOENT ? 0 : -1;
    moved = sys_mount_setattr(settings, "", AT_EMPTY_PATH, READ_ONLY | MOUNT_ATTR_NOEXEC, 0);
    if (moved == 0) moved = sys_move_mount(settings, "", AT_FDCWD, "/proc/sys", MOVE_MOUNT_F_EMPTY_PATH);
    error = errno;
    close(settings);
    errno = error;
    return moved;
}
