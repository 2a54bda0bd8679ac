#pragma once

// The two versions' names for the same knobs. `folder` is a group's folder. 0, or -1 with errno.

#include <stdbool.h>
#include <stdint.h>

int cgroup_v1_limit_memory(int folder, unsigned mib);
int cgroup_v1_limit_pids(int folder, unsigned count);
int cgroup_v1_limit_cpu(int folder, unsigned milli);
int cgroup_v1_share_cpu(int folder, unsigned weight);
int cgroup_v1_freeze(int folder, bool frozen);
long long cgroup_v1_oom_kills(int folder);
int64_t cgroup_v1_memory(int folder);
int64_t cgroup_v1_charged_peak(int folder);
void cgroup_v1_kill(int folder);

// Makes the controllers available to the groups below `folder`. A bit set of enum cgroup_controller that are.
unsigned cgroup_v2_enable(int folder);
int cgroup_v2_limit_memory(int folder, unsigned mib);
int cgroup_v2_limit_pids(int folder, unsigned count);
int cgroup_v2_limit_cpu(int folder, unsigned milli);
int cgroup_v2_share_cpu(int folder, unsigned weight);
int cgroup_v2_freeze(int folder, bool frozen);
long long cgroup_v2_oom_kills(int folder);
int64_t cgroup_v2_memory(int folder);
int64_t cgroup_v2_charged_peak(int folder);
// Microseconds.
int64_t cgroup_v2_cpu_time(int folder);
void cgroup_v2_kill(int folder);

// What both versions write in the same form, in files and under keys of their own names. -1: unknown; of kills, 0.
long long cgroup_oom_kills_in(int folder, const char *file);
int64_t cgroup_memory_in(int folder, const char *anonymous_key, const char *shared_key);
int64_t cgroup_number_in(int folder, const char *file);
// Of cpu.stat; the time in the version's own unit. false: unknown.
bool cgroup_throttling_in(int folder, const char *time_key, int64_t *periods, int64_t *throttled, int64_t *time);

// Lambda's own period, and short enough that a small share does not make a function stutter.
enum { CPU_PERIOD_MICROSECONDS = 20000, CPU_QUOTA_MIN_MICROSECONDS = 1000 };
// Of 1024 (version 1) and 100 (version 2): Martlet and the rest of the machine go first when the CPU is short.
enum { FUNCTIONS_SHARE_PERCENT = 50 };
