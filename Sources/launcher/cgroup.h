#pragma once

// Control groups: memory, processes and CPU of a sandbox, and freezing it. A host has each controller in version 2's
// one hierarchy or in a hierarchy of version 1; a sandbox gets a group in every hierarchy that is of use.

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "CLauncherProtocol.h"

enum cgroup_controller { CGROUP_MEMORY, CGROUP_CPU, CGROUP_PIDS, CGROUP_FREEZER, CGROUP_CONTROLLERS };
enum { HIERARCHIES_MAX = 5 };

// A sandbox's groups: a folder in each hierarchy, in the order of the layout; -1: none.
struct cgroup {
    char name[24];
    int folder[HIERARCHIES_MAX];
    int tasks[HIERARCHIES_MAX];  // version 1: the file that a process writes itself into
    bool made;
};

// Finds the hierarchies, makes this instance's folder in each, and removes what an earlier launcher left in them.
// `wait` is called while another launcher has one: it lets a moment pass, or says that this was long enough.
// 0; -1: another launcher serves this data folder.
int cgroup_open(const char *instance, bool (*wait)(void));
bool cgroup_has(enum cgroup_controller controller);
// Removes this instance's folders, if they are empty.
void cgroup_close(void);

// Makes a sandbox's groups and sets the limits. 0, or -1 with errno.
int cgroup_make(struct cgroup *group, uint64_t number, unsigned memory_mib);
// Lets a user's processes be born in the group's version 2 folder, who have one beside it. 0, or -1 with errno.
int cgroup_lend(const struct cgroup *group, uid_t uid);
// The version 2 folder, to be born in; -1: none.
int cgroup_birthplace(const struct cgroup *group);
// In the process that joins: the version 1 groups. 0, or -1 with errno.
int cgroup_join(const struct cgroup *group);
// Nobody joins any more.
void cgroup_seal(struct cgroup *group);
// Sets the memory limit anew, higher or lower. 0, or -1 with errno.
int cgroup_limit_memory(const struct cgroup *group, unsigned memory_mib);
int cgroup_limit_cpu(const struct cgroup *group, unsigned milli);
int cgroup_freeze(const struct cgroup *group, bool frozen);
// The file that freezes and thaws, opened for writing; -1: none. Sets whether it is version 2's.
int cgroup_freezer(const struct cgroup *group, bool *v2);
// How many times the kernel killed a process in the group because of its memory limit.
long long cgroup_oom_kills(const struct cgroup *group);
// Anonymous and shared memory in use now, and the most that was charged ever (with page cache); bytes, or -1.
void cgroup_memory(const struct cgroup *group, int64_t *current, int64_t *charged_peak);
// Processor time, and how often and for how long the limit held it back.
void cgroup_cpu(const struct cgroup *group, struct ml_cpu *cpu);
// Kills what is still in the groups, frozen or not.
void cgroup_kill(const struct cgroup *group);
// Removes the groups. false: something is still in them; call again later.
bool cgroup_remove(struct cgroup *group);
