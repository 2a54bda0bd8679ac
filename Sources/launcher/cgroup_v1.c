#include "system.h"
#include "cgroup_versions.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cgroup_v1_limit_memory(int folder, unsigned mib) {
    long long bytes = (long long)mib << 20;
    // Memory and swap together: no swapping out of the limit. Absent where the kernel does not count swap. It is never
    // the lower one of the two, so what comes first depends on whether the limit rises.
    bool rises = write_number_at(folder, "memory.limit_in_bytes", bytes) < 0;
    if (rises && errno != EINVAL) return -1;
    if (write_number_at(folder, "memory.memsw.limit_in_bytes", bytes) < 0 && errno != ENOENT && errno != EACCES)
        return -1;
    return rises ? write_number_at(folder, "memory.limit_in_bytes", bytes) : 0;
}

int cgroup_v1_limit_pids(int folder, unsigned count) { return write_number_at(folder, "pids.max", count); }

int cgroup_v1_limit_cpu(int folder, unsigned milli) {
    if (milli == 0) return write_number_at(folder, "cpu.cfs_quota_us", -1);
    long long quota = (long long)milli * CPU_PERIOD_MICROSECONDS / 1000;
    if (quota < CPU_QUOTA_MIN_MICROSECONDS) quota = CPU_QUOTA_MIN_MICROSECONDS;
    if (write_number_at(folder, "cpu.cfs_period_us", CPU_PERIOD_MICROSECONDS) < 0) return -1;
    return write_number_at(folder, "cpu.cfs_quota_us", quota);
}

int cgroup_v1_share_cpu(int folder, unsigned percent) {
    return write_number_at(folder, "cpu.shares", 1024LL * percent / 100);
}

int cgroup_v1_freeze(int folder, bool frozen) {
    return write_at(folder, "freezer.state", frozen ? "FROZEN" : "THAWED");
}

long long cgroup_v1_oom_kills(int folder) { return cgroup_oom_kills_in(folder, "memory.oom_control"); }

int64_t cgroup_v1_memory(int folder) { return cgroup_memory_in(folder, "total_rss ", "total_shmem "); }

int64_t cgroup_v1_charged_peak(int folder) { return cgroup_number_in(folder, "memory.max_usage_in_bytes"); }

void cgroup_v1_kill(int folder) {
    char text[16384];
    if (read_at(folder, "cgroup.procs", text, sizeof text) <= 0) return;
    for (char *line = text; *line;) {
        char *end;
        long pid = strtol(line, &end, 10);
        if (end == line) break;
        if (pid > 1) kill((pid_t)pid, SIGKILL);
        line = *end ? end + 1 : end;
    }
}
