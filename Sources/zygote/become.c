#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "become.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CLauncherProtocol.h"

// What process 1 hears of as the program's end.
enum { FAILED = 70 };

// glibc, since 2.35: where a thread's area is that the kernel writes its processor into. The helper was none of glibc's
// threads, so the kernel has forgotten it.
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned __rseq_size __attribute__((weak));
#if defined(__aarch64__)
enum { RSEQ_SIGNATURE = (int)0xd428bc00 };
#else
enum { RSEQ_SIGNATURE = 0x53053053 };
#endif

static void register_processor(void) {
    enum { SIZE = 32, FLAGS_NONE = 0 };
    if (&__rseq_offset == NULL || &__rseq_size == NULL || __rseq_size == 0) return;
    char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
    (void)syscall(SYS_rseq, area, __rseq_size > SIZE ? __rseq_size : SIZE, FLAGS_NONE, RSEQ_SIGNATURE);
}

static int has_capabilities(void) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &head, data) < 0) return 1;
    for (int i = 0; i < 2; i++)
        if (data[i].effective | data[i].permitted | data[i].inheritable) return 1;
    return 0;
}

static void drop_everything(uint32_t uid) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    // The kernel's calls: libc's would tell threads that this process does not have.
    if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, uid, uid, uid) < 0 ||
        syscall(SYS_setresuid, uid, uid, uid) < 0)
        _exit(FAILED);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) _exit(FAILED);
    if (syscall(SYS_capset, &head, none) < 0 || has_capabilities() || geteuid() != uid) _exit(FAILED);
    // As after an exec: its own /proc is its own.
    if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0) _exit(FAILED);
}

void become(uint32_t uid, int output, int stem, struct sock_fprog *filter) {
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (input < 0 || output <= 2 || stem <= 2 || output == ML_STEM_DESCRIPTOR) _exit(FAILED);
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 || dup2(stem, ML_STEM_DESCRIPTOR) < 0)
        _exit(FAILED);
    if (syscall(SYS_close_range, 3, ML_STEM_DESCRIPTOR - 1, 0) < 0 ||
        syscall(SYS_close_range, ML_STEM_DESCRIPTOR + 1, ~0u, 0) < 0)
        _exit(FAILED);
    if (chdir("/") < 0) _exit(FAILED);
    (void)setsid();
    umask(022);
    drop_everything(uid);
    register_processor();
    sigset_t nothing;
    sigemptyset(&nothing);
    if (sigprocmask(SIG_SETMASK, &nothing, NULL) < 0) _exit(FAILED);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter) < 0) _exit(FAILED);
}
