#pragma once

// The messages between Martlet and its launcher, over one SOCK_SEQPACKET Unix socket, and the C helpers with which
// Swift starts the launcher, gives up root and moves descriptors. Both ends are built from this header, so messages are
// plain native structs; the launcher checks every length and value all the same, because it stays root and Martlet does
// not.

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    ML_VERSION = 1,
    ML_MESSAGE_MAX = 128 * 1024,
    ML_ARGUMENTS_MAX = 256,
    ML_ENVIRONMENT_MAX = 512,
    ML_BINDS_MAX = 32,
    ML_PORTS_MAX = 8,
    ML_SANDBOXES_MAX = 4096,
    ML_NAME_MAX = 64,
    ML_PATH_MAX = 1024,
    ML_MEMORY_MIN_MIB = 16,
    ML_MEMORY_MAX_MIB = 65536,
    ML_STORAGE_MAX_MIB = 10240,
    // The descriptors a message may carry: output, freezer, listeners; from a sandbox to the launcher, the program's
    // pidfd, the listeners, the gateway's three and a stem's mounts; to a zygote, namespaces and control groups.
    ML_DESCRIPTORS_MAX = 8 + ML_PORTS_MAX,
    // Where the launcher finds its ends, from its start.
    ML_SOCKET_DESCRIPTOR = 3,
    ML_DATA_DESCRIPTOR = 4,
    // Where a stem's program finds the socket on which it is told what to become: out of the way of its own.
    ML_STEM_DESCRIPTOR = 63,
    // For ml_send and ml_receive.
    ML_DONT_WAIT = MSG_DONTWAIT,
};

enum ml_kind {
    // Martlet to launcher. Each is answered once, with its request number.
    ML_SPAWN = 1,        // ml_spawn and strings → ML_STARTED, or ML_ANSWER with an error
    ML_LIMIT_CPU = 2,    // ml_limit_cpu → ML_ANSWER
    ML_FREEZE = 3,       // → ML_ANSWER
    ML_THAW = 4,         // → ML_ANSWER
    ML_TERMINATE = 5,    // → ML_ANSWER
    ML_KILL = 6,         // → ML_ANSWER; ML_EXITED follows
    ML_STATISTICS = 7,   // → ML_MEASURED
    ML_SPECIALISE = 8,   // ml_specialise and strings → ML_ANSWER; a stem becomes a function's, once
    // Launcher to Martlet.
    ML_HELLO = 64,       // ml_hello, then the missing protections, a line each; once, first
    ML_ANSWER = 65,      // the header's status, then a message for people
    ML_STARTED = 66,     // ml_started; descriptors
    ML_EXITED = 67,      // ml_exited; unasked, once per sandbox that ML_STARTED named
    ML_MEASURED = 68,    // ml_measured
    ML_READY = 69,       // a stem has loaded all that it can; unasked, at most once, before it is specialised
};

enum ml_status {
    ML_OK = 0,
    ML_INVALID_ENTRYPOINT = 1,
    ML_EXHAUSTED = 2,
    ML_FAILED = 3,
    ML_INVALID_MESSAGE = 4,
    ML_UNKNOWN_SANDBOX = 5,
};

struct ml_header {
    uint32_t size;     // of the whole message
    uint16_t kind;     // ml_kind
    uint16_t status;   // ml_status; 0 in requests
    uint64_t request;  // chosen by the asker; 0 in events
    uint64_t sandbox;  // the launcher's number; 0 where there is none
};

enum ml_spawn_flags {
    ML_NETWORK_INTERNET = 1,
    ML_SUPERVISED = 8,  // external extensions run beside the program (Sources/launcher/supervise.h)
    // A stem: a sandbox without code, whose program finds a socket at ML_STEM_DESCRIPTOR. It writes a byte there when it
    // is ready, and reads its environment when it becomes a function's: one message, a NUL after each variable.
    ML_STEM = 2,
    // With ML_STEM: the program waits before its exec, and takes its arguments too from ML_SPECIALISE.
    ML_STEM_BEFORE_EXEC = 4,
    // With ML_STEM: the program may be forked from an interpreter that has loaded all that it has, if the launcher can.
    ML_STEM_FORKED = 16,
};

enum ml_bind_origin {
    ML_ORIGIN_HOST = 0,  // an absolute path below one of the prefixes given at the launcher's start
    ML_ORIGIN_DATA = 1,  // a path relative to the data folder, without symbolic links
};

// Then, each as a 32-bit length and bytes without NUL: the sandbox's name, the working directory, the code folder
// relative to the data folder (empty: none), arguments, environment, and for each bind host path and inside path.
struct ml_spawn {
    uint32_t memory_mib;
    uint32_t storage_mib;
    uint32_t flags;
    uint16_t arguments;
    uint16_t environment;
    uint16_t binds;
    uint16_t ports;
    uint16_t port[ML_PORTS_MAX];
    uint8_t bind_origin[ML_BINDS_MAX];
};

// Then, each as in a SPAWN: the code folder, arguments (none, unless the stem waits before its exec), environment, and
// for each bind its path relative to the data folder and the place inside, which the stem must have.
struct ml_specialise {
    uint32_t memory_mib;
    uint16_t arguments;
    uint16_t environment;
    uint16_t binds;
    uint16_t reserved;
};

struct ml_limit_cpu {
    uint32_t milli;  // thousandths of one CPU; 0 lifts the limit
    uint32_t reserved;
};

enum ml_features {
    ML_FEATURE_SANDBOX = 1,    // sandboxes can be made at all
    ML_FEATURE_ROOT = 2,       // with root: one uid per sandbox
    ML_FEATURE_INTERNET = 4,   // ML_NETWORK_INTERNET gives a network
    ML_FEATURE_FORKS = 8,      // ML_STEM_FORKED gives what is forked
};

struct ml_hello {
    uint32_t version;
    uint32_t features;
};

struct ml_started {
    uint32_t has_freezer;  // the second descriptor is the freezer's control file; the first is always the output
    uint32_t freezer_v2;   // it takes "1" and "0" (cgroup v2), not "FROZEN" and "THAWED"
    uint32_t listeners;    // the last descriptors, in the order of the ports asked for
    uint32_t reserved;
};

// Of all processes of a sandbox since it was made; -1: unknown.
struct ml_cpu {
    int64_t used;       // microseconds of processor time
    int64_t periods;    // in which there was something to run, since there was a limit
    int64_t throttled;  // of these, those whose share was used up
    int64_t waited;     // microseconds that it was held back for
};

struct ml_exited {
    int32_t code;    // the exit code, if signal is 0
    int32_t signal;
    uint32_t out_of_memory;
    uint32_t reserved;
    int64_t peak;    // bytes; -1: unknown
    struct ml_cpu cpu;
};

struct ml_measured {
    int64_t peak;     // bytes; -1: unknown
    int64_t current;  // bytes; -1: unknown
    struct ml_cpu cpu;
};

// Sends one message with up to ML_DESCRIPTORS_MAX descriptors; flags as for sendmsg. 0, or -1 with errno.
int ml_send(int socket, const void *message, size_t size, const int *descriptors, int count, int flags);

// Receives one message; descriptors arrive close-on-exec. Returns its size, 0 at the end, -1 with errno (EMSGSIZE if it
// did not fit: then its descriptors are closed).
ssize_t ml_receive(int socket, void *message, size_t capacity, int *descriptors, int *count, int flags);

// A connected pair, close-on-exec, whose buffers hold the largest message.
int ml_pair(int ends[2]);

// Opens a folder without the right to read it (O_PATH). -1 with errno.
int ml_open_folder(const char *path);

// Starts the launcher: its socket and the data folder (O_PATH) become descriptors 3 and 4; nothing else is inherited
// but standard error. Signals are at their defaults and nothing is blocked. Returns 0 and the pid, or an errno.
int ml_start(const char *path, char *const arguments[], int socket, int data, pid_t *pid);

// The number of threads of this process, or -1.
int ml_threads(void);

// Bind-mounts `folder` at `place` in a new mount namespace of the calling (only) thread, so that it is reachable after
// root has been given up whatever lies above it. 0, or -1 with errno.
int ml_rebind(const char *folder, const char *place);

// Gives the folder and everything in it to uid and gid, without following symbolic links. 0, or -1 with errno.
int ml_give(const char *folder, uid_t uid, gid_t gid);

// Whether uid and gid exist here: in a user namespace, such as a container's, often only some do.
int ml_is_mapped(uid_t uid, gid_t gid);

// Becomes uid and gid for good: no groups, no capabilities, no way to gain new ones. 0, or -1 with errno.
int ml_become(uid_t uid, gid_t gid);

#ifdef __cplusplus
}
#endif

// The messages between the launcher and zygotes.
#include "CZygoteProtocol.h"
