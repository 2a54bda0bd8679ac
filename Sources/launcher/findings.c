#include "system.h"
#include "findings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "messages.h"
#include "zygotes.h"

static char body[4096];
static size_t used;

static void say(const char *sentence) {
    size_t size = strlen(sentence);
    if (used + size + 1 > sizeof body) return;
    memcpy(body + used, sentence, size);
    body[used + size] = '\n';
    used += size + 1;
}

static void say_groups(void) {
    if (!cgroup_has(CGROUP_MEMORY))
        say("No memory limit per function: the memory controller of control groups is not available. Each process's "
            "data is limited instead, and running out of memory is seen by the function as a failed allocation.");
    if (!cgroup_has(CGROUP_CPU))
        say("No CPU share per function: the cpu controller of control groups is not available. Functions compete for "
            "the CPU whatever their memory size is.");
    if (!cgroup_has(CGROUP_PIDS))
        say("No limit of processes per function by control groups: a limit per user (RLIMIT_NPROC) stands in.");
    if (!cgroup_has(CGROUP_FREEZER))
        say("Idle functions are stopped with SIGSTOP, which a function can notice: no freezer is available.");
}

void findings_send(enum privilege privilege, const struct sandboxes_settings *settings, bool usable) {
    struct ml_hello hello = {.version = ML_VERSION};
    used = sizeof hello;
    if (usable) {
        hello.features |= ML_FEATURE_SANDBOX;
        if (privilege == PRIVILEGE_ROOT) hello.features |= ML_FEATURE_ROOT;
        if (privilege == PRIVILEGE_USER_NAMESPACE)
            say("All functions run as the user that runs Martlet, each in a user namespace of its own: without root "
                "there is no uid per function.");
        say_groups();
        if (!settings->disk && privilege == PRIVILEGE_ROOT)
            say("/tmp is in memory and counts as the function's memory: it needs loop devices, mkfs.ext4 (e2fsprogs) "
                "and a data folder on a disk.");
        if (!settings->disk && privilege == PRIVILEGE_USER_NAMESPACE)
            say("/tmp is in memory, with its size limit: a disk of its own needs root.");
        if (zygotes_work()) hello.features |= ML_FEATURE_FORKS;
        if (settings->internet) {
            hello.features |= ML_FEATURE_INTERNET;
        } else {
            say("Functions have no way to the internet, whatever --function-network says: redirecting their "
                "connections needs nf_tables with NAT in the kernel.");
        }
    } else if (privilege == PRIVILEGE_NONE && geteuid() == 0) {
        say("Functions cannot run: root may not make mounts here, or /proc is missing, as in a container with few "
            "privileges or a bare chroot; the launcher's message is in Martlet's log.");
    } else if (privilege == PRIVILEGE_NONE) {
        say("Functions cannot run: Martlet is not root, and this machine does not let an unprivileged user make a "
            "user namespace (see user.max_user_namespaces, kernel.unprivileged_userns_clone and "
            "kernel.apparmor_restrict_unprivileged_userns).");
    } else {
        say("Functions cannot run: the launcher cannot prepare their file system; its message is in Martlet's log.");
    }
    memcpy(body, &hello, sizeof hello);
    message_send(ML_HELLO, ML_OK, 0, 0, body, used, NULL, 0);
}
