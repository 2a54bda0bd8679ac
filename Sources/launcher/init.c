#include "system.h"
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CNameServer.h"
#include "CZygoteProtocol.h"
#include "handover.h"
#include "network.h"
#include "network_redirect.h"
#include "program.h"
#include "rootfs.h"
#include "sandbox.h"
#include "seccomp.h"

static void report_failure(const struct plan *plan, const char *stage, int error) {
    struct report report = {.kind = REPORT_FAILED, .value = error};
    snprintf(report.stage, sizeof report.stage, "%s", stage);
    (void)ml_send(plan->report, &report, sizeof report, NULL, 0, 0);
}

static _Noreturn void fail(const struct plan *plan, const char *stage) {
    report_failure(plan, stage, errno);
    _exit(1);
}

static int by_value(const void *left, const void *right) { return *(const int *)left - *(const int *)right; }

// Everything else that the launcher has open is none of the sandbox's business.
static int close_others(const struct plan *plan) {
    int kept[ML_BINDS_MAX + HIERARCHIES_MAX + 9];
    int count = 0;
    for (int descriptor = 0; descriptor <= 2; descriptor++) kept[count++] = descriptor;
    kept[count++] = plan->report;
    kept[count++] = plan->output;
    if (plan->stem >= 0) kept[count++] = plan->stem;
    for (int i = 0; i < plan->mount_count; i++) kept[count++] = plan->mounts[i].tree;
    for (int i = 0; i < HIERARCHIES_MAX; i++)
        if (plan->group->tasks[i] >= 0) kept[count++] = plan->group->tasks[i];
    qsort(kept, (size_t)count, sizeof *kept, by_value);
    for (int i = 0; i < count; i++) {
        unsigned first = (unsigned)kept[i] + 1;
        unsigned last = i + 1 < count ? (unsigned)kept[i + 1] - 1 : ~0u;
        if (kept[i] != (int)last && first <= last && sys_close_range(first, last) < 0) return -1;
    }
    return 0;
}

static int mount_storage(const struct plan *plan) {
    char options[64];
    snprintf(options, sizeof options, "size=%llu,nr_inodes=100k,mode=1777", (unsigned long long)plan->storage);
    return mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, options);
}

// Every socket on which the outside serves the sandbox: before anything else in it could take their ports.
static void listen_inside(const struct plan *plan, int *listeners) {
    if (network_loopback() < 0) fail(plan, "the network");
    for (int i = 0; i < plan->port_count; i++) {
        listeners[i] = network_listen(plan->ports[i]);
        if (listeners[i] < 0) fail(plan, "a listening socket");
    }
    // The last ones are the gateway's.
    int count = plan->port_count;
    if (plan->names) {
        listeners[count] = network_datagrams(CNS_PORT);
        listeners[count + 1] = network_listen(CNS_PORT);
        if (listeners[count] < 0 || listeners[count + 1] < 0) fail(plan, "a socket for names");
        count += 2;
    }
    if (plan->internet) {
        // After the others: it takes any port that is free.
        listeners[count] = network_listen(0);
        if (listeners[count] < 0 || network_redirect(network_port(listeners[count])) < 0)
            fail(plan, "the way to the internet");
    }
}

static void furnish(const struct plan *plan) {
    for (int i = 0; i < plan->mount_count; i++) {
        const struct planned_mount *planned = &plan->mounts[i];
        if (sys_move_mount(planned->tree, "", AT_FDCWD, planned->inside, MOVE_MOUNT_F_EMPTY_PATH) < 0)
            fail(plan, planned->inside);
        close(planned->tree);
    }
    if (plan->storage_in_memory && mount_storage(plan) < 0) fail(plan, "/tmp");
    if (rootfs_mount_proc() < 0) fail(plan, "/proc");
    // Looks like AWS's: an address, not a name that could be looked up.
    static const char name[] = "169.254.100.6";
    if (sethostname(name, sizeof name - 1) < 0) fail(plan, "the host name");
}

// In the group, and seeing it as the top.
static void enter_limits(const struct plan *plan) {
    // When the machine itself runs out of memory, functions go first.
    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score >= 0) {
        if (write(score, "500", 3) != 3) complain("cannot set oom_score_adj");
        close(score);
    }
    if (cgroup_join(plan->group) < 0) fail(plan, "the control groups");
    if (unshare(CLONE_NEWCGROUP) < 0 && errno != EINVAL) fail(plan, "the control group namespace");
    for (int i = 0; i < HIERARCHIES_MAX; i++)
        if (plan->group->tasks[i] >= 0) close(plan->group->tasks[i]);
}

static void drop_bounding_set(const struct plan *plan) {
    for (int capability = 0; capability < 64; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
            if (errno == EINVAL) break;
            fail(plan, "the capabilities");
        }
}

static void drop_capabilities(const struct plan *plan) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    if (syscall(SYS_capset, &head, none) < 0) fail(plan, "the capabilities");
}

// Starts the program. Its exec (or failure) is known when the pipe, which nothing else holds, closes.
static pid_t start(const struct plan *plan) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) fail(plan, "a pipe");
    // With root, vfork: the reaper waits until the exec anyway. In a user namespace the program needs memory of its own
    // before, as only a process that may be looked at may write its own uid map.
    // A supervisor stays in it, and so does a stem that waits: its exec comes much later.
    pid_t pid = plan->privileged && !plan->supervised && !plan->before_exec ? vfork() : fork();
    if (pid == 0) program_run(plan, ends[1]);
    if (pid < 0) fail(plan, "the process");
    close(ends[1]);
    struct program_failure failure;
    ssize_t size;
    do
        size = read(ends[0], &failure, sizeof failure);
    while (size < 0 && errno == EINTR);
    close(ends[0]);
    if (size == (ssize_t)sizeof failure) {
        report_failure(plan, failure.stage, failure.error);
        _exit(1);
    }
    return pid;
}

// Has the program forked from a zygote, which makes it a child of this process.
static pid_t adopt(const struct plan *plan) {
    static const char *const names[ML_ZYGOTE_NAMESPACES] = {"mnt", "pid", "net", "ipc", "uts", "cgroup"};
    int namespaces[ML_ZYGOTE_NAMESPACES];
    for (int i = 0; i < ML_ZYGOTE_NAMESPACES; i++) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
        namespaces[i] = open(path, O_RDONLY | O_CLOEXEC);
        if (namespaces[i] < 0) fail(plan, path);
    }
    struct report report = {.kind = REPORT_FURNISHED};
    if (ml_send(plan->report, &report, sizeof report, namespaces, ML_ZYGOTE_NAMESPACES, 0) < 0) _exit(1);
    for (int i = 0; i < ML_ZYGOTE_NAMESPACES; i++) close(namespaces[i]);
    int32_t pid = 0;
    if (ml_receive(plan->report, &pid, sizeof pid, NULL, NULL, 0) != (ssize_t)sizeof pid) _exit(1);
    if (pid <= 0) return start(plan);
    siginfo_t information;
    if (waitid(P_PID, (id_t)pid, &information, WEXITED | WNOHANG | WNOWAIT) < 0) fail(plan, "the forked process");
    return pid;
}

static void reap(const struct plan *plan, pid_t program) {
    for (;;) {
        int status;
        struct rusage usage;
        pid_t pid = wait4(-1, &status, WNOHANG, &usage);
        if (pid <= 0) return;
        if (pid != program) continue;
        struct report report = {.kind = REPORT_EXITED, .value = status, .peak = (int64_t)usage.ru_maxrss * 1024};
        (void)ml_send(plan->report, &report, sizeof report, NULL, 0, 0);
        _exit(0);
    }
}

// Where there is no freezer: every process but this one.
static void obey(const struct plan *plan, char order) {
    if (order != ORDER_STOP && order != ORDER_CONTINUE) return;
    int result = kill(-1, order == ORDER_STOP ? SIGSTOP : SIGCONT);
    struct report report = {.kind = REPORT_STOPPED, .value = result < 0 ? errno : 0};
    (void)ml_send(plan->report, &report, sizeof report, NULL, 0, 0);
}

static _Noreturn void watch(const struct plan *plan, pid_t program, int signals) {
    struct pollfd watched[] = {{.fd = plan->report, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    for (;;) {
        // A child may have ended before the signals were watched.
        reap(plan, program);
        if (poll(watched, 2, -1) < 0 && errno != EINTR) _exit(1);
        if (watched[1].revents) {
            struct signalfd_siginfo information;
            while (read(signals, &information, sizeof information) > 0) continue;
        }
        if (watched[0].revents) {
            char order = 0;
            // The end of the launcher is the end of the sandbox.
            if (ml_receive(plan->report, &order, 1, NULL, NULL, MSG_DONTWAIT) <= 0 && errno != EAGAIN) _exit(1);
            obey(plan, order);
        }
    }
}

_Noreturn void init_run(const struct plan *plan) {
    if (plan->handed && handover_receive() < 0) fail(plan, "the descriptors");
    // First of all: no sandbox without a launcher. (Set again below, as a change of uid clears it.)
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) fail(plan, "the parent's death signal");
    if (close_others(plan) < 0) fail(plan, "the descriptors");
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    if (sigprocmask(SIG_SETMASK, &children, NULL) < 0) fail(plan, "the signals");
    setsid();

    int listeners[ML_DESCRIPTORS_MAX];
    int count = 1 + plan->port_count + sandbox_gateway_sockets(plan->names, plan->internet);
    int mounts = plan->stem < 0 ? -1 : count++;
    listen_inside(plan, listeners + 1);
    furnish(plan);
    enter_limits(plan);
    if (mounts >= 0 && (listeners[mounts] = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC)) < 0)
        fail(plan, "the mounts");
    drop_bounding_set(plan);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) fail(plan, "no_new_privs");
    // Before the program starts, which inherits it; in a user namespace the program still has a namespace to make.
    if (plan->privileged && seccomp_install() < 0) fail(plan, "seccomp");
    int signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) fail(plan, "the signals");
    pid_t program = plan->forked ? adopt(plan) : start(plan);

    listeners[0] = sys_pidfd_open(program);
    if (listeners[0] < 0) fail(plan, "the process");
    // The reaper keeps nothing: another uid than the program's, no capabilities, not to be looked into.
    if (plan->privileged && (setresgid(plan->reaper_uid, plan->reaper_uid, plan->reaper_uid) < 0 ||
                             setresuid(plan->reaper_uid, plan->reaper_uid, plan->reaper_uid) < 0))
        fail(plan, "the uid");
    drop_capabilities(plan);
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        fail(plan, "the reaper");
    if (!plan->privileged && seccomp_install() < 0) fail(plan, "seccomp");
    close(plan->output);
    if (plan->stem >= 0) close(plan->stem);

    struct report report = {.kind = REPORT_STARTED};
    if (ml_send(plan->report, &report, sizeof report, listeners, count, 0) < 0) _exit(1);
    for (int i = 0; i < count; i++) close(listeners[i]);
    watch(plan, program, signals);
}
