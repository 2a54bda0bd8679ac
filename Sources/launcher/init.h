#pragma once

// Process 1 of a sandbox: the launcher itself after clone, without exec. It furnishes the sandbox, starts the program,
// reaps whatever is left to it, and when the program ends it ends too, which kills everything else in its pid
// namespace.

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "CLauncherProtocol.h"
#include "cgroup.h"

// What process 1 tells the launcher.
enum report_kind { REPORT_STARTED = 1, REPORT_FAILED = 2, REPORT_EXITED = 3, REPORT_STOPPED = 4, REPORT_FURNISHED = 5 };
struct report {
    uint32_t kind;
    int32_t value;       // errno, or the wait status
    int64_t peak;        // with REPORT_EXITED: the program's largest resident set, bytes
    char stage[64];      // with REPORT_FAILED: what could not be done
};
// What the launcher asks of it: a byte.
enum order { ORDER_STOP = 's', ORDER_CONTINUE = 'c' };

// A mount made before the sandbox, to be put in place in it.
struct planned_mount {
    int tree;
    const char *inside;
};

struct plan {
    bool privileged;
    char **arguments;
    char **environment;
    const char *working_directory;
    uint64_t memory;
    uint64_t storage;
    struct planned_mount mounts[ML_BINDS_MAX + 3];
    int mount_count;
    bool storage_in_memory;  // no disk for /tmp: a tmpfs
    uint16_t ports[ML_PORTS_MAX];
    int port_count;
    bool names;     // sockets for name lookups go to the gateway
    bool internet;  // and one for connections
    bool supervised;  // the program is supervise.c's; the last port is Martlet's end of it
    const struct cgroup *group;
    uid_t uid;
    uid_t reaper_uid;
    int report;  // the sandbox's end of the pair
    int output;  // the pipe's end for writing
    int stem;    // the program's end of a stem's socket; -1: it is none
    bool handed;  // the process shares the launcher's descriptors (handover.h)
    bool before_exec;  // it waits there before its exec
    bool forked;       // the program comes from a zygote; after REPORT_FURNISHED, whose descriptors are the namespaces, the
                       // launcher says which process it is (32 bits), or 0: none, start it
};

_Noreturn void init_run(const struct plan *plan);
