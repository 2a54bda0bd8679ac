#include "system.h"
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_versions.h"
#include "cleanup.h"

enum { PROCESSES_MAX = 1024 };

static struct hierarchy {
    int mount;  // the folder that ours is in
    int base;   // ours
    bool v2;
    unsigned controllers;
} hierarchies[HIERARCHIES_MAX];
static int hierarchy_count;
static char base_name[128];

static bool has(const struct hierarchy *hierarchy, enum cgroup_controller controller) {
    return hierarchy->controllers & (1u << controller);
}

bool cgroup_has(enum cgroup_controller controller) {
    for (int i = 0; i < hierarchy_count; i++)
        if (has(&hierarchies[i], controller)) return true;
    return false;
}

// Makes and locks this instance's folder. 1: another launcher has it, or had it until now.
static int take_base(struct hierarchy *hierarchy, bool *existed) {
    *existed = mkdirat(hierarchy->mount, base_name, 0755) < 0 && errno == EEXIST;
    hierarchy->base = openat(hierarchy->mount, base_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (hierarchy->base < 0) return *existed && errno == ENOENT ? 1 : -1;
    bool busy = flock(hierarchy->base, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    // Who had it removes it at its end: then this is the lock of a folder that nobody else will find.
    struct stat ours, there;
    if (!busy && fstat(hierarchy->base, &ours) == 0)
        busy = fstatat(hierarchy->mount, base_name, &there, AT_SYMLINK_NOFOLLOW) < 0 || there.st_ino != ours.st_ino;
    if (busy) close_if_open(&hierarchy->base);
    return busy;
}

// Below a hierarchy's mount point. 1: another launcher has this instance's folder, and keeps it.
static int add_hierarchy(const char *place, bool v2, unsigned controllers, bool (*wait)(void)) {
    if (hierarchy_count == HIERARCHIES_MAX) return -1;
    struct hierarchy hierarchy = {.v2 = v2, .controllers = controllers};
    hierarchy.mount = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (hierarchy.mount < 0) return -1;
    bool existed;
    int taken;
    do
        taken = take_base(&hierarchy, &existed);
    while (taken == 1 && wait());
    if (taken != 0) {
        close(hierarchy.mount);
        return taken;
    }
    if (v2) {
        // In the mount's folder first: a controller goes down level by level.
        unsigned above = cgroup_v2_enable(hierarchy.mount);
        hierarchy.controllers = above ? cgroup_v2_enable(hierarchy.base) : 0;
        // Every version 2 group can be frozen, with controllers or without.
        if (faccessat(hierarchy.base, "cgroup.freeze", W_OK, 0) == 0) hierarchy.controllers |= 1u << CGROUP_FREEZER;
        if (has(&hierarchy, CGROUP_CPU)) (void)cgroup_v2_share_cpu(hierarchy.base, FUNCTIONS_SHARE_PERCENT);
    } else if (controllers & (1u << CGROUP_CPU)) {
        (void)cgroup_v1_share_cpu(hierarchy.base, FUNCTIONS_SHARE_PERCENT);
    }
    if (existed) cleanup_groups(hierarchy.base, v2);
    hierarchies[hierarchy_count++] = hierarchy;
    return 0;
}

static unsigned controllers_in(const char *options) {
    static const char *const names[] = {"memory", "cpu", "pids", "freezer"};
    unsigned found = 0;
    char copy[512];
    snprintf(copy, sizeof copy, "%s", options);
    char *rest = copy;
    for (char *word; (word = strsep(&rest, ",\n"));)
        for (unsigned i = 0; i < CGROUP_CONTROLLERS; i++)
            if (strcmp(word, names[i]) == 0) found |= 1u << i;
    return found;
}

int cgroup_open(const char *instance, bool (*wait)(void)) {
    snprintf(base_name, sizeof base_name, "martlet-%s", instance);
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    if (!mounts) return 0;
    unsigned seen = 0;
    int result = 0;
    // Version 2 first: what it has is not looked for elsewhere.
    for (int version = 2; version >= 1 && result == 0; version--) {
        rewind(mounts);
        char line[4096];
        while (result == 0 && fgets(line, sizeof line, mounts)) {
            char place[1024], type[64], options[512];
            char *tail = strstr(line, " - ");
            if (!tail || sscanf(line, "%*s %*s %*s %*s %1023s", place) != 1) continue;
            if (sscanf(tail, " - %63s %*s %511s", type, options) != 2) continue;
            int added = -1;
            if (version == 2 && strcmp(type, "cgroup2") == 0) {
                added = add_hierarchy(place, true, 0, wait);
            } else if (version == 1 && strcmp(type, "cgroup") == 0) {
                unsigned controllers = controllers_in(options) & ~seen;
                if (controllers) added = add_hierarchy(place, false, controllers, wait);
            }
            if (added == 1) result = -1;
            if (added == 0) seen |= hierarchies[hierarchy_count - 1].controllers;
        }
    }
    fclose(mounts);
    return result;
}

void cgroup_close(void) {
    for (int i = 0; i < hierarchy_count; i++) {
        (void)unlinkat(hierarchies[i].mount, base_name, AT_REMOVEDIR);
        close(hierarchies[i].base);
        close(hierarchies[i].mount);
    }
    hierarchy_count = 0;
}

static int limit(const struct hierarchy *hierarchy, int folder, unsigned memory_mib) {
    if (has(hierarchy, CGROUP_MEMORY)) {
        int done =
            hierarchy->v2 ? cgroup_v2_limit_memory(folder, memory_mib) : cgroup_v1_limit_memory(folder, memory_mib);
        if (done < 0) return -1;
    }
    if (has(hierarchy, CGROUP_PIDS)) {
        // And one for the reaper.
        unsigned count = PROCESSES_MAX + 1;
        if ((hierarchy->v2 ? cgroup_v2_limit_pids(folder, count) : cgroup_v1_limit_pids(folder, count)) < 0) return -1;
    }
    return 0;
}

int cgroup_make(struct cgroup *group, uint64_t number, unsigned memory_mib) {
    for (int i = 0; i < HIERARCHIES_MAX; i++) group->folder[i] = group->tasks[i] = -1;
    snprintf(group->name, sizeof group->name, "%llx", (unsigned long long)number);
    group->made = true;
    for (int i = 0; i < hierarchy_count; i++) {
        const struct hierarchy *hierarchy = &hierarchies[i];
        if (mkdirat(hierarchy->base, group->name, 0755) < 0) return -1;
        group->folder[i] = openat(hierarchy->base, group->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (group->folder[i] < 0 || limit(hierarchy, group->folder[i], memory_mib) < 0) return -1;
        if (hierarchy->v2) continue;
        group->tasks[i] = openat(group->folder[i], "tasks", O_WRONLY | O_CLOEXEC);
        if (group->tasks[i] < 0) return -1;
    }
    return 0;
}

int cgroup_lend(const struct cgroup *group, uid_t uid) {
    for (int i = 0; i < hierarchy_count; i++) {
        if (!hierarchies[i].v2) continue;
        // The kernel asks for the right to write in the group that both are in, too.
        if (fchownat(hierarchies[i].base, "cgroup.procs", uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0) return -1;
        if (fchownat(group->folder[i], "cgroup.procs", uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) < 0) return -1;
    }
    return 0;
}

int cgroup_birthplace(const struct cgroup *group) {
    for (int i = 0; i < hierarchy_count; i++)
        if (hierarchies[i].v2) return group->folder[i];
    return -1;
}

int cgroup_join(const struct cgroup *group) {
    for (int i = 0; i < HIERARCHIES_MAX; i++)
        // "0" in tasks, not in cgroup.procs: a thread that moves itself takes no lock that stops every fork.
        if (group->tasks[i] >= 0 && write(group->tasks[i], "0", 1) != 1) return -1;
    return 0;
}

void cgroup_seal(struct cgroup *group) {
    for (int i = 0; i < HIERARCHIES_MAX; i++) close_if_open(&group->tasks[i]);
}

int cgroup_limit_memory(const struct cgroup *group, unsigned memory_mib) {
    for (int i = 0; i < hierarchy_count; i++)
        if (has(&hierarchies[i], CGROUP_MEMORY))
            return hierarchies[i].v2 ? cgroup_v2_limit_memory(group->folder[i], memory_mib)
                                     : cgroup_v1_limit_memory(group->folder[i], memory_mib);
    return 0;
}

int cgroup_limit_cpu(const struct cgroup *group, unsigned milli) {
    for (int i = 0; i < hierarchy_count; i++)
        if (has(&hierarchies[i], CGROUP_CPU))
            return hierarchies[i].v2 ? cgroup_v2_limit_cpu(group->folder[i], milli)
                                     : cgroup_v1_limit_cpu(group->folder[i], milli);
    return 0;
}

int cgroup_freeze(const struct cgroup *group, bool frozen) {
    for (int i = 0; i < hierarchy_count; i++)
        if (has(&hierarchies[i], CGROUP_FREEZER))
            return hierarchies[i].v2 ? cgroup_v2_freeze(group->folder[i], frozen)
                                     : cgroup_v1_freeze(group->folder[i], frozen);
    errno = ENOTSUP;
    return -1;
}

int cgroup_freezer(const struct cgroup *group, bool *v2) {
    for (int i = 0; i < hierarchy_count; i++) {
        if (!has(&hierarchies[i], CGROUP_FREEZER)) continue;
        *v2 = hierarchies[i].v2;
        return openat(group->folder[i], *v2 ? "cgroup.freeze" : "freezer.state", O_WRONLY | O_CLOEXEC);
    }
    return -1;
}

long long cgroup_oom_kills(const struct cgroup *group) {
    for (int i = 0; i < hierarchy_count; i++)
        if (has(&hierarchies[i], CGROUP_MEMORY))
            return hierarchies[i].v2 ? cgroup_v2_oom_kills(group->folder[i]) : cgroup_v1_oom_kills(group->folder[i]);
    return 0;
}

void cgroup_memory(const struct cgroup *group, int64_t *current, int64_t *charged_peak) {
    *current = *charged_peak = -1;
    for (int i = 0; i < hierarchy_count; i++) {
        if (!has(&hierarchies[i], CGROUP_MEMORY)) continue;
        int folder = group->folder[i];
        *current = hierarchies[i].v2 ? cgroup_v2_memory(folder) : cgroup_v1_memory(folder);
        *charged_peak = hierarchies[i].v2 ? cgroup_v2_charged_peak(folder) : cgroup_v1_charged_peak(folder);
        return;
    }
}

void cgroup_cpu(const struct cgroup *group, struct ml_cpu *cpu) {
    *cpu = (struct ml_cpu){-1, -1, -1, -1};
    for (int i = 0; i < hierarchy_count; i++) {
        if (group->folder[i] < 0) continue;
        // Version 2 counts time also where the controller is not its own.
        if (hierarchies[i].v2) cpu->used = cgroup_v2_cpu_time(group->folder[i]);
        if (!has(&hierarchies[i], CGROUP_CPU)) continue;
        int64_t waited;
        if (cgroup_throttling_in(group->folder[i], hierarchies[i].v2 ? "throttled_usec " : "throttled_time ",
                                 &cpu->periods, &cpu->throttled, &waited))
            cpu->waited = hierarchies[i].v2 ? waited : waited / 1000;
    }
}

void cgroup_kill(const struct cgroup *group) {
    for (int i = 0; i < hierarchy_count; i++) {
        if (group->folder[i] < 0) continue;
        if (hierarchies[i].v2)
            cgroup_v2_kill(group->folder[i]);
        else
            cgroup_v1_kill(group->folder[i]);
        // Version 1's freezer holds even SIGKILL back.
        if (has(&hierarchies[i], CGROUP_FREEZER) && !hierarchies[i].v2) (void)cgroup_v1_freeze(group->folder[i], false);
    }
}

bool cgroup_remove(struct cgroup *group) {
    if (!group->made) return true;
    bool gone = true;
    for (int i = 0; i < hierarchy_count; i++) {
        close_if_open(&group->tasks[i]);
        close_if_open(&group->folder[i]);
        if (unlinkat(hierarchies[i].base, group->name, AT_REMOVEDIR) < 0 && errno != ENOENT) gone = false;
    }
    group->made = !gone;
    return gone;
}
