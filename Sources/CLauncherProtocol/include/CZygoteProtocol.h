#pragma once

// The messages between the launcher and a zygote: an interpreter that is started once, and forked for each stem. One
// SOCK_SEQPACKET socket, which the zygote finds at ML_ZYGOTE_DESCRIPTOR.
//
// First the launcher sends the seccomp filter of functions, as the bytes of its instructions; the zygote answers with the
// sandbox 0 when it can be forked. Then orders, each answered in turn.

#include <stdint.h>

#include "CLauncherProtocol.h"

enum {
    ML_ZYGOTE_DESCRIPTOR = 62,
    ML_FILTER_MAX = 2048,  // instructions
    // Process ids in a sandbox: the one that is only there to fork, so that the program gets the one after its parent's.
    ML_ZYGOTE_HELPER_PID = 290,
};

// The descriptors of an order: the sandbox's namespaces, then these, then the version 1 control groups to enter.
enum ml_zygote_part {
    ML_ZYGOTE_MOUNTS,
    ML_ZYGOTE_PROCESSES,
    ML_ZYGOTE_NETWORK,
    ML_ZYGOTE_IPC,
    ML_ZYGOTE_NAMES,
    ML_ZYGOTE_GROUPS,
    ML_ZYGOTE_NAMESPACES,
    ML_ZYGOTE_OUTPUT = ML_ZYGOTE_NAMESPACES,  // standard output and error
    ML_ZYGOTE_STEM,                           // becomes ML_STEM_DESCRIPTOR
    ML_ZYGOTE_REST,
};

struct ml_zygote_order {
    uint64_t sandbox;
    uint32_t uid;         // and gid, of the program
    uint32_t birthplace;  // 1: the first of the rest is a version 2 control group to be born in
    uint32_t groups;      // so many version 1 control groups follow. With fewer nothing is forked: there would be no limits
};

struct ml_zygote_answer {
    uint64_t sandbox;
    int32_t pid;    // of the program, in the sandbox; 0: none
    int32_t error;  // why
};
