#include "system.h"
#include "zygote_start.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CZygoteProtocol.h"
#include "program.h"
#include "seccomp.h"
#include "signals.h"

#define MODULE "libMartletZygote.so"
// Where its folder is in a zygote's mounts, and only there. Not where a function will have something: what its dynamic loader has not
// found in a folder of LD_LIBRARY_PATH once, it never looks for again.
#define PLACE "/var/empty"

static const char bootstrap[] = "/var/runtime/bootstrap.py";
static int folder = -1;

bool zygote_prepare(void) {
    char path[ML_PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size <= 0) return false;
    path[size] = 0;
    char *slash = strrchr(path, '/');
    if (!slash) return false;
    *slash = 0;
    folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return false;
    if (faccessat(folder, MODULE, R_OK, 0) == 0) return true;
    close_if_open(&folder);
    return false;
}

// MARK: What may be one

static bool belongs_to_root(const struct stat *status) {
    return status->st_uid == 0 && (S_ISLNK(status->st_mode) || !(status->st_mode & (S_IWGRP | S_IWOTH)));
}

// A folder and every folder above it.
static bool path_belongs_to_root(int source) {
    char name[64], path[ML_PATH_MAX];
    snprintf(name, sizeof name, "/proc/self/fd/%d", source);
    ssize_t size = readlink(name, path, sizeof path - 1);
    if (size <= 0 || path[0] != '/') return false;
    path[size] = 0;
    struct stat status;
    for (char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        char next = slash[1];
        slash[1] = 0;
        bool fine = lstat(path, &status) == 0 && belongs_to_root(&status) && S_ISDIR(status.st_mode);
        slash[1] = next;
        if (!fine) return false;
    }
    return fstat(source, &status) == 0 && belongs_to_root(&status);
}

// Everything in a folder that has few things in it.
static bool contents_belong_to_root(int source, int depth) {
    int copy = openat(source, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (!entries) {
        close_if_open(&copy);
        return false;
    }
    bool fine = true;
    for (struct dirent *entry; fine && (entry = readdir(entries));) {
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        fine = fstatat(dirfd(entries), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
               belongs_to_root(&status) && !S_ISLNK(status.st_mode);
        if (!fine || !S_ISDIR(status.st_mode)) continue;
        int inner = openat(dirfd(entries), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        fine = depth > 0 && inner >= 0 && contents_belong_to_root(inner, depth - 1);
        close_if_open(&inner);
    }
    closedir(entries);
    return fine;
}

// A path inside, and every folder on it, as it is on the host.
static bool inside_belongs_to_root(const char *inside, const struct rootfs_bind *binds, int count) {
    const char *rest = inside + 1;
    int base = -1;
    for (int i = 0; i < count && base < 0; i++) {
        size_t length = strlen(binds[i].inside);
        if (strncmp(inside, binds[i].inside, length) != 0 || inside[length] != '/') continue;
        rest = inside + length + 1;
        base = fcntl(binds[i].source, F_DUPFD_CLOEXEC, 0);
        if (base < 0) return false;
    }
    if (base < 0) base = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char path[ML_PATH_MAX];
    bool fine = base >= 0 && snprintf(path, sizeof path, "%s", rest) < (int)sizeof path && !strstr(path, "..");
    for (char *end = path; fine && end;) {
        end = strchr(end + 1, '/');
        if (end) *end = 0;
        struct stat status;
        fine = fstatat(base, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && belongs_to_root(&status);
        if (end) *end = '/';
    }
    close_if_open(&base);
    return fine;
}

// What an interpreter reads of it before it is anybody's must be what it always is: where it loads from is what it becomes.
static bool is_harmless(const char *variable) {
    static const char *const prefixes[] = {"AWS_",   "_AWS_",         "LANG=",          "TZ=",
                                           "PWD=",   "SHLVL=",        "MARTLET_STEM=",  "SSL_CERT_FILE=",
                                           "REQUESTS_CA_BUNDLE="};
    static const char *const whole[] = {
        "LAMBDA_TASK_ROOT=/var/task",
        "LAMBDA_RUNTIME_DIR=/var/runtime",
        "PYTHONPATH=/var/runtime",
        "PATH=/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(variable, prefixes[i], strlen(prefixes[i])) == 0) return true;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (strcmp(variable, whole[i]) == 0) return true;
    return false;
}

bool zygote_may_be(const struct spawn_request *request, const struct rootfs_bind *binds) {
    char *const *arguments = request->arguments;
    const char *name = arguments[0] ? strrchr(arguments[0], '/') : NULL;
    if (!name || strncmp(name, "/python3", 8) != 0 || !arguments[1] || strcmp(arguments[1], "-S") != 0 ||
        !arguments[2] || strcmp(arguments[2], bootstrap) != 0 || arguments[3])
        return false;
    if (strncmp(arguments[0], "/usr/", 5) != 0 && strncmp(arguments[0], "/var/lang/", 10) != 0) return false;
    if (!inside_belongs_to_root(arguments[0], binds, request->bind_count)) return false;
    for (char *const *variable = request->environment; *variable; variable++)
        if (!is_harmless(*variable)) return false;
    bool has_bootstrap = false;
    for (int i = 0; i < request->bind_count; i++) {
        // An installation of an interpreter is what its folder is; the bootstrap is looked at file by file.
        if (!binds[i].in_template || !path_belongs_to_root(binds[i].source)) return false;
        if (strcmp(binds[i].inside, "/var/runtime") != 0) continue;
        if (!contents_belong_to_root(binds[i].source, 4)) return false;
        has_bootstrap = true;
    }
    return has_bootstrap;
}

// MARK: In the process

struct start {
    char *const *arguments;
    char **environment;
    const struct cgroup *group;
    uid_t uid;
    int socket;
    int tree;
};

static int by_value(const void *left, const void *right) { return *(const int *)left - *(const int *)right; }

static int keep_only(const struct start *start) {
    int kept[HIERARCHIES_MAX + 5] = {0, 1, 2, start->socket, start->tree};
    int count = 5;
    for (int i = 0; i < HIERARCHIES_MAX; i++)
        if (start->group->tasks[i] >= 0) kept[count++] = start->group->tasks[i];
    qsort(kept, (size_t)count, sizeof *kept, by_value);
    for (int i = 0; i < count; i++)
        if (sys_close_range((unsigned)kept[i] + 1, i + 1 < count ? (unsigned)kept[i + 1] - 1 : ~0u) < 0) return -1;
    return 0;
}

// To enter namespaces and their root, and to become a program's user. Nothing of it survives in what is forked.
static int keep_capabilities(uid_t uid) {
    static const int kept[] = {CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SETUID, CAP_SETGID};
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2], all[2];
    memset(data, 0, sizeof data);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) data[0].permitted |= 1u << kept[i];
    data[0].effective = data[0].inheritable = data[0].permitted;
    // To be inherited, as long as the bounding set lets them; it does not matter for what is inherited already.
    if (syscall(SYS_capget, &head, all) < 0) return -1;
    all[0].inheritable = data[0].permitted;
    all[1].inheritable = 0;
    if (syscall(SYS_capset, &head, all) < 0) return -1;
    for (int capability = 0; capability < 64; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EINVAL) return -1;
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || syscall(SYS_setgroups, 0, NULL) < 0 ||
        syscall(SYS_setresgid, uid, uid, uid) < 0 || syscall(SYS_setresuid, uid, uid, uid) < 0 ||
        syscall(SYS_capset, &head, data) < 0)
        return -1;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0) < 0) return -1;
    return 0;
}

static int put_module(const struct start *start) {
    int moved = sys_move_mount(start->tree, "", AT_FDCWD, PLACE, MOVE_MOUNT_F_EMPTY_PATH);
    close(start->tree);
    return moved;
}

static _Noreturn void run(const struct start *start) {
    if (keep_only(start) < 0 || put_module(start) < 0 || cgroup_join(start->group) < 0) _exit(1);
    if (program_limit_resources() < 0) _exit(1);
    if (keep_capabilities(start->uid) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) _exit(1);
    // After the change of uid, which clears it.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) _exit(1);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int socket = fcntl(start->socket, F_DUPFD_CLOEXEC, ML_ZYGOTE_DESCRIPTOR + 1);
    if (null < 0 || socket < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
        dup2(socket, ML_ZYGOTE_DESCRIPTOR) < 0)
        _exit(1);
    if (sys_close_range(3, ML_ZYGOTE_DESCRIPTOR - 1) < 0 || sys_close_range(ML_ZYGOTE_DESCRIPTOR + 1, ~0u) < 0) _exit(1);
    if (chdir("/") < 0) _exit(1);
    setsid();
    umask(022);
    for (size_t i = 0; i < IGNORED_SIGNAL_COUNT; i++) signal(ignored_signals[i], SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) < 0 || seccomp_install_for_zygote() < 0) _exit(1);
    execve(start->arguments[0], start->arguments, start->environment);
    _exit(1);
}

pid_t zygote_start(const struct spawn_request *request, int template, const struct cgroup *group, uid_t uid, int socket) {
    static char marker[] = "MARTLET_ZYGOTE=" PLACE "/" MODULE;
    static char *environment[ML_ENVIRONMENT_MAX + 2];
    int count = 0;
    for (; request->environment[count]; count++) environment[count] = request->environment[count];
    environment[count++] = marker;
    environment[count] = NULL;
    struct start start = {request->arguments, environment, group, uid, socket, rootfs_tree(folder)};
    if (start.tree < 0) return -1;
    struct clone_args arguments = {
        // Not CLONE_NEWPID: it has to be above those that it forks into.
        .flags = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET,
        .exit_signal = SIGCHLD,
    };
    int birthplace = cgroup_birthplace(group);
    if (birthplace >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)birthplace;
    }
    pid_t pid = -1;
    if (rootfs_enter(template) == 0) {
        pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
        if (pid == 0) run(&start);
        int error = errno;
        if (rootfs_leave() < 0) {
            complain("cannot return to its own mounts: %s", strerror(errno));
            _exit(1);
        }
        errno = error;
    }
    int error = errno;
    close(start.tree);
    errno = error;
    return pid;
}
