#pragma once

// One sandbox, as the launcher knows it.

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"

enum sandbox_state {
    SANDBOX_STARTING,
    SANDBOX_RUNNING,
    SANDBOX_FAILED,  // its request has been refused; the reaper is about to end
    SANDBOX_GONE,    // only its control groups are left
};

struct sandbox {
    uint64_t number;
    unsigned slot;
    enum sandbox_state state;
    uint64_t request;  // the SPAWN
    int64_t deadline;  // of the start, in monotonic milliseconds
    int port_count;
    bool names;     // the gateway answers its name lookups
    bool internet;  // and makes its connections

    pid_t reaper_pid;
    int reaper;   // pidfd of process 1
    int report;   // the pair's end
    int handover; // where the reaper finds its descriptors, until it has said something
    int output;   // the pipe's end for reading, until it is handed over
    int program;  // pidfd of the function's main process
    int status;   // its /proc/PID/status
    int stem;     // the socket to a stem's program; -1: this is none, or it has become a function's
    int mounts;   // a stem's mount namespace
    bool before_exec;       // the stem waits before its exec
    bool ready;             // the stem has said so
    bool asked;             // it has been told what to become
    uint64_t specialising;  // the SPECIALISE that waits for the exec; 0: none
    unsigned zygote;      // what its program is forked from; 0: it is started
    int program_output;   // the program's ends of both, until it is forked
    int program_stem;
    int64_t inherited;    // bytes of a zygote's that its child began with, charged to nobody
    struct cgroup group;

    int64_t memory;      // the limit, bytes
    int64_t peak;        // of anonymous and shared memory, bytes; -1: unknown
    int64_t file_pages;  // of the program, mapped files, bytes; -1: unknown
    bool killed;
    bool has_wait_status;
    int wait_status;
};

// The sockets of the gateway's: questions by UDP and by TCP, and the way to the internet.
static inline int sandbox_gateway_sockets(bool names, bool internet) { return 2 * names + internet; }

// The process id behind a pidfd; -1: it has ended.
pid_t sandbox_pid(int pidfd);
// The program's /proc/PID/status in the launcher's /proc; -1: not there.
int sandbox_open_status(int program);
// Looks at what is used now, and raises the peak. `current`: anonymous and shared memory, or -1; may be NULL.
void sandbox_measure(struct sandbox *sandbox, int64_t *current);
// The program ended with this largest resident set.
void sandbox_note_resident_peak(struct sandbox *sandbox, int64_t resident);
