#include "system.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "seccomp.h"
#include "signals.h"
#include "stem.h"
#include "supervise.h"

enum { DESCRIPTORS = 1024, PROCESSES = 1024 };

static _Noreturn void fail(int failures, const char *stage) {
    struct program_failure failure = {.error = errno};
    snprintf(failure.stage, sizeof failure.stage, "%s", stage);
    if (write(failures, &failure, sizeof failure) < 0) _exit(2);
    _exit(1);
}

// Lowers a limit, never raises it.
static int limit(int resource, rlim_t value) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) < 0) return -1;
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > value) limit.rlim_max = value;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(resource, &limit);
}

static void limit_data(uint64_t memory, int failures) {
    if (!cgroup_has(CGROUP_MEMORY) && limit(RLIMIT_DATA, memory + PROGRAM_DATA_EXTRA) < 0) fail(failures, "the limits");
}

int program_limit_resources(void) {
    // Core dumps: one, not zero: the kernel then starts no core handler of the host's either.
    static const struct {
        int resource;
        rlim_t most;
    } limits[] = {{RLIMIT_NOFILE, DESCRIPTORS}, {RLIMIT_NPROC, PROCESSES},    {RLIMIT_CORE, 1},
                  {RLIMIT_RTPRIO, 0},           {RLIMIT_MEMLOCK, 64 << 10}, {RLIMIT_MSGQUEUE, 819200}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (limit(limits[i].resource, limits[i].most) < 0) return -1;
    return 0;
}

static void limit_resources(const struct plan *plan, int failures) {
    if (program_limit_resources() < 0) fail(failures, "the limits");
    // Without control groups: each process's own data. Address space is not limited: JVMs and V8 reserve far more than
    // they use. What they commit beside the heap (code, stacks, metadata) is why it is not the memory size itself.
    // (A stem's memory is not known yet.)
    if (plan->stem < 0) limit_data(plan->memory, failures);
}

static int write_file(const char *path, const char *text) { return write_at(AT_FDCWD, path, text); }

// A user namespace of the program's own: counted apart from the other sandboxes, and without the launcher's powers.
static int enter_user_namespace(void) {
    char map[64];
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0) return -1;
    (void)write_file("/proc/self/oom_score_adj", "500");
    if (unshare(CLONE_NEWUSER) < 0) return -1;
    snprintf(map, sizeof map, "%u %u 1\n", uid, uid);
    if (write_file("/proc/self/setgroups", "deny") < 0 || write_file("/proc/self/uid_map", map) < 0) return -1;
    snprintf(map, sizeof map, "%u %u 1\n", gid, gid);
    return write_file("/proc/self/gid_map", map);
}

static int drop_capabilities(const struct plan *plan) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -1;
    // With root the reaper did it before; a new user namespace begins with all of them.
    for (int capability = 0; capability < 64 && !plan->privileged; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0 && errno != EINVAL) return -1;
    return (int)syscall(SYS_capset, &head, none);
}

_Noreturn void program_run(const struct plan *plan, int failures) {
    if (plan->privileged) {
        // The kernel's calls, not libc's: those change every thread, and after vfork they would think of the parent's.
        if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, plan->uid, plan->uid, plan->uid) < 0 ||
            syscall(SYS_setresuid, plan->uid, plan->uid, plan->uid) < 0)
            fail(failures, "the uid");
    } else if (enter_user_namespace() < 0) {
        fail(failures, "the user namespace");
    }
    limit_resources(plan, failures);
    if (drop_capabilities(plan) < 0) fail(failures, "the capabilities");
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (input < 0 || dup2(input, 0) < 0 || dup2(plan->output, 1) < 0 || dup2(plan->output, 2) < 0)
        fail(failures, "the standard streams");
    struct stem_orders orders = {plan->arguments, plan->environment, 0};
    if (plan->before_exec) {
        close(failures);
        failures = plan->stem;
        if (!stem_wait(plan->stem, &orders)) _exit(1);
        limit_data(orders.memory, failures);
    } else if (plan->stem >= 0) {
        // Neither may be in the other's place; and a descriptor that is in its place already would be closed at the exec.
        failures = fcntl(failures, F_DUPFD_CLOEXEC, ML_STEM_DESCRIPTOR + 1);
        int stem = fcntl(plan->stem, F_DUPFD_CLOEXEC, ML_STEM_DESCRIPTOR + 1);
        if (failures < 0 || stem < 0 || dup2(stem, ML_STEM_DESCRIPTOR) < 0) _exit(2);
    }
    if (chdir(plan->working_directory) < 0) fail(failures, plan->working_directory);
    setsid();
    umask(022);
    for (size_t i = 0; i < IGNORED_SIGNAL_COUNT; i++) signal(ignored_signals[i], SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) < 0) fail(failures, "the signals");
    if (!plan->privileged && seccomp_install() < 0) fail(failures, "seccomp");
    if (plan->supervised) supervise_run(plan, failures);
    execve(orders.arguments[0], orders.arguments, orders.environment);
    fail(failures, "exec");
}
