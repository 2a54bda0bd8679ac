#include "system.h"
#include "cgroup_versions.h"

#include <stdlib.h>

long long cgroup_oom_kills_in(int folder, const char *file) {
    char text[512];
    if (read_at(folder, file, text, sizeof text) < 0) return 0;
    long long count = number_after(text, "oom_kill ");
    return count < 0 ? 0 : count;
}

int64_t cgroup_memory_in(int folder, const char *anonymous_key, const char *shared_key) {
    char text[8192];
    if (read_at(folder, "memory.stat", text, sizeof text) < 0) return -1;
    long long anonymous = number_after(text, anonymous_key), shared = number_after(text, shared_key);
    if (anonymous < 0) return -1;
    return anonymous + (shared < 0 ? 0 : shared);
}

int64_t cgroup_number_in(int folder, const char *file) {
    char text[64];
    if (read_at(folder, file, text, sizeof text) <= 0) return -1;
    return strtoll(text, NULL, 10);
}

bool cgroup_throttling_in(int folder, const char *time_key, int64_t *periods, int64_t *throttled, int64_t *time) {
    char text[1024];
    if (read_at(folder, "cpu.stat", text, sizeof text) < 0) return false;
    *periods = number_after(text, "nr_periods ");
    *throttled = number_after(text, "nr_throttled ");
    *time = number_after(text, time_key);
    return *time >= 0;
}
