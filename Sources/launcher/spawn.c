#include "system.h"
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "handover.h"
#include "init.h"
#include "paths.h"
#include "rootfs.h"
#include "rootfs_trust.h"
#include "tmpdisks.h"
#include "zygotes.h"

static int add_mount(struct plan *plan, int tree, const char *inside) {
    if (tree < 0) return -1;
    plan->mounts[plan->mount_count++] = (struct planned_mount){tree, inside};
    return 0;
}

// Opens what is bound, each once. 0, or -1 with errno.
static int open_binds(const struct spawn_request *request, struct rootfs_bind *binds) {
    for (int i = 0; i < request->bind_count; i++) {
        bool data = request->binds[i].origin == ML_ORIGIN_DATA;
        struct stat status;
        binds[i].inside = request->binds[i].inside;
        binds[i].source = data ? paths_in_data(request->binds[i].host) : paths_on_host(request->binds[i].host);
        if (binds[i].source < 0 || fstat(binds[i].source, &status) < 0) return -1;
        binds[i].folder = S_ISDIR(status.st_mode);
        binds[i].in_template = !data;
        if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode)) {
            errno = EINVAL;
            return -1;
        }
    }
    return 0;
}

static int plan_mounts(struct plan *plan, const struct spawn_request *request, const struct rootfs_bind *binds,
                       const struct spawn_settings *settings, const struct sandbox *sandbox, const char **stage) {
    *stage = "the code folder";
    if (request->code) {
        int code = paths_of_code(request->code);
        if (code < 0) return -1;
        int added = add_mount(plan, rootfs_tree(code), "/var/task");
        int error = errno;
        close(code);
        errno = error;
        if (added < 0) return -1;
    }
    *stage = "a bind";
    for (int i = 0; i < request->bind_count; i++)
        if (!binds[i].in_template && add_mount(plan, rootfs_tree(binds[i].source), binds[i].inside) < 0) return -1;
    *stage = "/etc/passwd";
    if (settings->privileged && add_mount(plan, rootfs_passwd(sandbox->slot, plan->uid, plan->uid), "/etc/passwd") < 0)
        return -1;
    *stage = "/tmp";
    plan->storage_in_memory = !settings->disk;
    if (settings->disk && add_mount(plan, tmpdisks_take(request->storage_mib), "/tmp") < 0) return -1;
    return 0;
}

// Born in a copy of the template's mounts, in namespaces of its own.
static int clone_reaper(struct sandbox *sandbox, const struct plan *plan, int template) {
    int reaper = -1;
    struct clone_args arguments = {
        .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_PIDFD,
        .pidfd = (uint64_t)(uintptr_t)&reaper,
        .exit_signal = SIGCHLD,
    };
    if (plan->handed) arguments.flags |= CLONE_FILES;
    int birthplace = cgroup_birthplace(&sandbox->group);
    if (birthplace >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)birthplace;
    }
    if (rootfs_enter(template) < 0) return -1;
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) init_run(plan);
    int error = errno;
    if (rootfs_leave() < 0) {
        complain("cannot return to its own mounts: %s", strerror(errno));
        _exit(1);
    }
    errno = error;
    if (pid < 0) return -1;
    sandbox->reaper_pid = pid;
    sandbox->reaper = reaper;
    return 0;
}

int spawn_sandbox(struct sandbox *sandbox, const struct spawn_request *request, const struct spawn_settings *settings,
                  const char **stage) {
    struct rootfs_bind binds[ML_BINDS_MAX];
    for (int i = 0; i < ML_BINDS_MAX; i++) binds[i].source = -1;
    int report[2] = {-1, -1}, output[2] = {-1, -1}, stem[2] = {-1, -1};
    struct plan plan = {
        .privileged = settings->privileged,
        .arguments = (char **)request->arguments,
        .environment = (char **)request->environment,
        .working_directory = request->working_directory,
        .memory = (uint64_t)request->memory_mib << 20,
        .storage = (uint64_t)request->storage_mib << 20,
        .port_count = request->port_count,
        .names = sandbox->names,
        .internet = sandbox->internet,
        .supervised = request->supervised,
        .group = &sandbox->group,
        .uid = settings->first_uid + 1 + sandbox->slot,
        .reaper_uid = settings->first_uid,
        .stem = -1,
        .before_exec = request->before_exec,
    };
    memcpy(plan.ports, request->ports, sizeof plan.ports);
    int error = 0;

    *stage = "a bind";
    if (open_binds(request, binds) < 0) goto failed;
    *stage = "the file system";
    rootfs_trust_find();
    int template = rootfs_template(binds, request->bind_count);
    if (template < 0) goto failed;
    if (request->forked) sandbox->zygote = zygotes_find(request, binds, template);
    plan.forked = sandbox->zygote != 0;
    if (plan_mounts(&plan, request, binds, settings, sandbox, stage) < 0) goto failed;
    *stage = "the control groups";
    if (cgroup_make(&sandbox->group, sandbox->number, request->memory_mib) < 0) goto failed;
    if (plan.forked && cgroup_lend(&sandbox->group, zygotes_uid()) < 0) goto failed;
    *stage = "the pipes";
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report) < 0 || pipe2(output, O_CLOEXEC) < 0) goto failed;
    if (request->stem && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, stem) < 0) goto failed;
    // Only Martlet's end: a function that writes faster than its output is read waits.
    if (fcntl(output[0], F_SETFL, O_NONBLOCK) < 0) goto failed;
    plan.report = report[1];
    plan.output = output[1];
    plan.stem = stem[1];
    *stage = "the process";
    struct plan handed = plan;
    struct cgroup group;
    sandbox->handover = handover_take(&handed, &group);
    handed.handed = sandbox->handover >= 0;
    if (clone_reaper(sandbox, &handed, template) < 0) goto failed;
    sandbox->report = report[0];
    sandbox->output = output[0];
    sandbox->stem = stem[0];
    sandbox->before_exec = request->before_exec;
    report[0] = output[0] = stem[0] = -1;
    if (plan.forked) {
        sandbox->program_output = output[1];
        sandbox->program_stem = stem[1];
        output[1] = stem[1] = -1;
    }
    goto done;
failed:
    error = errno ? errno : EIO;
done:
    for (int i = 0; i < 2; i++) {
        close_if_open(&report[i]);
        close_if_open(&output[i]);
        close_if_open(&stem[i]);
    }
    for (int i = 0; i < plan.mount_count; i++) close(plan.mounts[i].tree);
    for (int i = 0; i < request->bind_count; i++) close_if_open(&binds[i].source);
    return error;
}
