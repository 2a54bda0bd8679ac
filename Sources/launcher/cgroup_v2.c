#include "system.h"
#include "cgroup_versions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"

static bool lists(const char *text, const char *word) {
    size_t length = strlen(word);
    for (const char *found = text; (found = strstr(found, word)); found += length) {
        bool starts = found == text || found[-1] == ' ';
        if (starts && (found[length] == ' ' || found[length] == '\n' || found[length] == 0)) return true;
    }
    return false;
}

unsigned cgroup_v2_enable(int folder) {
    char text[512];
    unsigned enabled = 0;
    static const struct {
        const char *name, *enable;
        enum cgroup_controller controller;
    } wanted[] = {
        {"memory", "+memory", CGROUP_MEMORY}, {"cpu", "+cpu", CGROUP_CPU}, {"pids", "+pids", CGROUP_PIDS}};
    if (read_at(folder, "cgroup.controllers", text, sizeof text) < 0) return 0;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (!lists(text, wanted[i].name)) continue;
        if (write_at(folder, "cgroup.subtree_control", wanted[i].enable) < 0)
            complain("cannot use the %s controller: %s", wanted[i].name, strerror(errno));
        else
            enabled |= 1u << wanted[i].controller;
    }
    return enabled;
}

int cgroup_v2_limit_memory(int folder, unsigned mib) {
    if (write_number_at(folder, "memory.max", (long long)mib << 20) < 0) return -1;
    if (write_at(folder, "memory.swap.max", "0") < 0 && errno != ENOENT) return -1;
    // A function that runs out of memory ends as a whole.
    if (write_at(folder, "memory.oom.group", "1") < 0 && errno != ENOENT) return -1;
    return 0;
}

int cgroup_v2_limit_pids(int folder, unsigned count) { return write_number_at(folder, "pids.max", count); }

int cgroup_v2_limit_cpu(int folder, unsigned milli) {
    char text[64];
    long long quota = (long long)milli * CPU_PERIOD_MICROSECONDS / 1000;
    if (quota < CPU_QUOTA_MIN_MICROSECONDS) quota = CPU_QUOTA_MIN_MICROSECONDS;
    if (milli == 0)
        snprintf(text, sizeof text, "max %d", CPU_PERIOD_MICROSECONDS);
    else
        snprintf(text, sizeof text, "%lld %d", quota, CPU_PERIOD_MICROSECONDS);
    return write_at(folder, "cpu.max", text);
}

int cgroup_v2_share_cpu(int folder, unsigned percent) { return write_number_at(folder, "cpu.weight", percent); }

int cgroup_v2_freeze(int folder, bool frozen) { return write_at(folder, "cgroup.freeze", frozen ? "1" : "0"); }

long long cgroup_v2_oom_kills(int folder) { return cgroup_oom_kills_in(folder, "memory.events"); }

int64_t cgroup_v2_memory(int folder) { return cgroup_memory_in(folder, "anon ", "shmem "); }

int64_t cgroup_v2_charged_peak(int folder) { return cgroup_number_in(folder, "memory.peak"); }

int64_t cgroup_v2_cpu_time(int folder) {
    char text[1024];
    if (read_at(folder, "cpu.stat", text, sizeof text) < 0) return -1;
    return number_after(text, "usage_usec ");
}

void cgroup_v2_kill(int folder) {
    // Since Linux 5.14. Before: the same as in version 1.
    if (write_at(folder, "cgroup.kill", "1") < 0) cgroup_v1_kill(folder);
}
