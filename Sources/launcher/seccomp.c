// Assembles seccomp_table.c into classic BPF: the calls are sorted, runs of the same verdict are merged, and a balanced
// tree of comparisons finds the run, so that a call costs about eight comparisons and the kernel's cache of
// always-allowed calls is filled quickly when the filter is installed (that happens at each sandbox's start).

#include "system.h"
#include "seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "seccomp_table.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "no system call table for this machine"
#endif

enum { PROGRAM_MAX = 2048, RUNS_MAX = 1024 };

static struct filter {
    struct sock_filter program[PROGRAM_MAX];
    unsigned short length;
} functions, zygotes, *assembled;

static const unsigned answers[] = {
    [ALLOWED] = SECCOMP_RET_ALLOW,
    [REFUSED] = SECCOMP_RET_ERRNO | EPERM,
    [ABSENT] = SECCOMP_RET_ERRNO | ENOSYS,
};

static void emit(unsigned short code, unsigned char yes, unsigned char no, unsigned value) {
    if (assembled->length < PROGRAM_MAX)
        assembled->program[assembled->length] = (struct sock_filter){.code = code, .jt = yes, .jf = no, .k = value};
    assembled->length++;
}

static void load(unsigned offset) { emit(BPF_LD | BPF_W | BPF_ABS, 0, 0, offset); }
static void give(unsigned answer) { emit(BPF_RET | BPF_K, 0, 0, answer); }
static unsigned low_half(int argument) {
    return (unsigned)(offsetof(struct seccomp_data, args) + 8 * (unsigned)argument);
}

// The calls that are judged by an argument: one block each, ahead of the tree, entered with the number in the
// accumulator.

// clone: new threads and processes, but no new namespaces. (Its flags are the first argument on both machines.)
static void judge_clone(void) {
    const unsigned namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                CLONE_NEWPID | CLONE_NEWNET | 0x80 /* CLONE_NEWTIME */;
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, SYS_clone);
    load(low_half(0));
    emit(BPF_JMP | BPF_JSET | BPF_K, 0, 1, namespaces);
    give(answers[REFUSED]);
    give(answers[ALLOWED]);
}

// socket and socketpair: Unix and internet sockets; netlink for the list of interfaces that getaddrinfo and getifaddrs
// read. Raw, packet, vsock, bluetooth, kernel crypto and the rest are kernel surface that no function needs; AWS has
// none either.
static void judge_socket(int number) {
    enum { TYPE_MASK = 0xf, ANY = 0, TCP = 6, UDP = 17 };
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 18, (unsigned)number);
    load(low_half(0));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 15, 0, AF_UNIX);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, AF_INET);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, AF_INET6);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AF_NETLINK);
    give(SECCOMP_RET_ERRNO | EAFNOSUPPORT);
    load(low_half(2));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 9, 0, 0 /* NETLINK_ROUTE */);
    give(SECCOMP_RET_ERRNO | EPROTONOSUPPORT);
    // Internet: TCP and UDP; no raw sockets, and no protocol whose module would be loaded for it.
    load(low_half(1));
    emit(BPF_ALU | BPF_AND | BPF_K, 0, 0, TYPE_MASK);
    emit(BPF_JMP | BPF_JGT | BPF_K, 4, 0, SOCK_DGRAM);
    load(low_half(2));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, ANY);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, TCP);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, UDP);
    give(SECCOMP_RET_ERRNO | EPROTONOSUPPORT);
    give(answers[ALLOWED]);
}

// ioctl: pushing characters into a terminal's input, and the console's selection, are refused.
static void judge_ioctl(void) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 5, SYS_ioctl);
    load(low_half(1));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0x5412 /* TIOCSTI */);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0x541c /* TIOCLINUX */);
    give(answers[REFUSED]);
    give(answers[ALLOWED]);
}

// personality: asking, the default, and the flag that LLVM's sanitizers and some garbage collectors set. The flag that
// makes every readable page executable is refused.
static void judge_personality(void) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 6, SYS_personality);
    load(low_half(0));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 0);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 0xffffffff);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0x0040000 /* ADDR_NO_RANDOMIZE */);
    give(answers[REFUSED]);
    give(answers[ALLOWED]);
}

// A zygote may become a program's user, and nobody else: not root, whose files and settings it could change.
static void judge_identity(int number, int arguments, uint32_t first, uint32_t last) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, (unsigned char)(5 * arguments + 1), (unsigned)number);
    for (int i = 0; i < arguments; i++) {
        load(low_half(i));
        emit(BPF_JMP | BPF_JEQ | BPF_K, 3, 0, ~0u /* as it is */);
        emit(BPF_JMP | BPF_JGE | BPF_K, 0, 1, first);
        emit(BPF_JMP | BPF_JGT | BPF_K, 0, 1, last);
        give(answers[REFUSED]);
    }
    give(answers[ALLOWED]);
}

static void judge_identities(uint32_t first, uint32_t last) {
    judge_identity(SYS_setuid, 1, first, last);
    judge_identity(SYS_setgid, 1, first, last);
    judge_identity(SYS_setreuid, 2, first, last);
    judge_identity(SYS_setregid, 2, first, last);
    judge_identity(SYS_setresuid, 3, first, last);
    judge_identity(SYS_setresgid, 3, first, last);
    judge_identity(SYS_setfsuid, 1, first, last);
    judge_identity(SYS_setfsgid, 1, first, last);
    // No groups but none.
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, SYS_setgroups);
    load(low_half(0));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
    give(answers[ALLOWED]);
    give(answers[REFUSED]);
}

// What a zygote needs beyond what a function may: to enter namespaces, and to choose a process id.
static bool is_for_zygotes(int number) { return number == SYS_setns || number == SYS_clone3; }

// It could enter what it has not been given, as another's process.
static bool is_not_for_zygotes(int number) {
#ifdef SYS_pidfd_open
    if (number == SYS_pidfd_open) return true;
#endif
#ifdef SYS_pidfd_send_signal
    if (number == SYS_pidfd_send_signal) return true;
#endif
    return false;
}

struct run {
    unsigned first;
    unsigned answer;
};
static struct run runs[RUNS_MAX];

// Emits the tree for runs [low, high): each leaf is an answer. Far branches go through jump instructions, as
// conditional offsets have eight bits only.
static void emit_tree(size_t low, size_t high) {
    if (high - low == 1) {
        give(runs[low].answer);
        return;
    }
    size_t middle = low + (high - low) / 2;
    // number >= first of the upper half: take the upper half.
    unsigned short test = assembled->length;
    emit(BPF_JMP | BPF_JGE | BPF_K, 0, 1, runs[middle].first);
    emit(BPF_JMP | BPF_JA, 0, 0, 0);
    emit_tree(low, middle);
    if (test + 1 < PROGRAM_MAX) assembled->program[test + 1].k = (unsigned)(assembled->length - (test + 2));
    emit_tree(middle, high);
}

static int by_number(const void *left, const void *right) {
    return ((const struct system_call *)left)->number - ((const struct system_call *)right)->number;
}

static int assemble(struct filter *filter, uint32_t first_uid, uint32_t last_uid) {
    bool zygote = first_uid != 0;
    assembled = filter;
    static struct system_call sorted[RUNS_MAX / 2];
    if (system_call_count > sizeof sorted / sizeof *sorted) return -1;
    for (size_t i = 0; i < system_call_count; i++) {
        sorted[i] = system_calls[i];
        if (zygote && is_for_zygotes(sorted[i].number)) sorted[i].verdict = ALLOWED;
        if (zygote && is_not_for_zygotes(sorted[i].number)) sorted[i].verdict = REFUSED;
    }
    qsort(sorted, system_call_count, sizeof *sorted, by_number);

    // What the table does not name is newer than the table: it does not exist.
    size_t count = 0;
    unsigned next = 0;
    for (size_t i = 0; i < system_call_count; i++) {
        if (sorted[i].verdict == BY_ARGUMENT) sorted[i].verdict = REFUSED;  // never reached: judged before
        unsigned number = (unsigned)sorted[i].number;
        if (number < next) {
            complain("system call %u is in the table twice", number);
            return -1;
        }
        if (number > next && (count == 0 || runs[count - 1].answer != answers[ABSENT]))
            runs[count++] = (struct run){next, answers[ABSENT]};
        unsigned answer = answers[sorted[i].verdict];
        if (count == 0 || runs[count - 1].answer != answer) runs[count++] = (struct run){number, answer};
        next = number + 1;
    }
    if (runs[count - 1].answer != answers[ABSENT]) runs[count++] = (struct run){next, answers[ABSENT]};

    filter->length = 0;
    // Another architecture's numbers mean other calls: such a program dies.
    load(offsetof(struct seccomp_data, arch));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCHITECTURE);
    give(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
    // The x32 interface has a bit of its own in the number.
    emit(BPF_JMP | BPF_JSET | BPF_K, 0, 1, 0x40000000);
    give(answers[ABSENT]);
#endif
    judge_clone();
    judge_socket(SYS_socket);
    judge_socket(SYS_socketpair);
    judge_ioctl();
    judge_personality();
    if (zygote) judge_identities(first_uid, last_uid);
    emit_tree(0, count);
    return filter->length <= PROGRAM_MAX ? 0 : -1;
}

int seccomp_prepare(uint32_t first_uid, uint32_t last_uid) {
    return assemble(&functions, 0, 0) < 0 || assemble(&zygotes, first_uid, last_uid) < 0 ? -1 : 0;
}

static int install(struct filter *filter) {
    struct sock_fprog program = {.len = filter->length, .filter = filter->program};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

int seccomp_install(void) { return install(&functions); }

int seccomp_install_for_zygote(void) { return install(&zygotes); }

const void *seccomp_filter(size_t *size) {
    *size = functions.length * sizeof *functions.program;
    return functions.program;
}
