// Forks the interpreter that it is loaded into, once for each order of the launcher's (CZygoteProtocol.h): into namespaces
// and control groups that the launcher has made, as the only child of the process 1 that waits there. What it forks gives
// up everything that a zygote has, under the filter of functions, before it runs any code of the interpreter's.
//
// A zygote never hears anything of a function: it gets numbers and descriptors, and all that a function is made of comes
// to what was forked, later.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CZygoteProtocol.h"
#include "become.h"
#include "clone.h"

// Python's own, which is there when this is loaded. (Its headers need not be.)
extern void PyOS_BeforeFork(void);
extern void PyOS_AfterFork_Parent(void);
extern void PyOS_AfterFork_Child(void);
extern void PyErr_SetString(void *exception, const char *text);
extern void *PyExc_ImportError;

struct job {
    struct ml_zygote_order order;
    int descriptors[ML_DESCRIPTORS_MAX];
    int count;
    // Written by the helper, which shares this memory.
    volatile int pid;
    volatile int error;
};

static struct sock_filter filter[ML_FILTER_MAX];
static struct sock_fprog program = {.filter = filter};

static int enter(const struct job *job) {
    static const int kinds[] = {CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP};
    // Version 1's: one's own thread, which what it forks follows.
    for (int i = ML_ZYGOTE_REST + (job->order.birthplace != 0); i < job->count; i++)
        if (write(job->descriptors[i], "0", 1) != 1) return errno;
    for (int i = 0; i < ML_ZYGOTE_NAMESPACES; i++)
        // The helper was born in the pid namespace.
        if (i != ML_ZYGOTE_PROCESSES && setns(job->descriptors[i], kinds[i]) < 0) return errno;
    return 0;
}

// The helper: in the zygote's memory and on its stack, while the zygote waits. It is in the sandbox's pid namespace, so
// that what it forks is adopted by process 1 when it ends. Returns in the program only.
static void help(void *argument) {
    struct job *job = argument;
    job->error = enter(job);
    if (job->error == 0) {
        pid_t pid = fork();
        if (pid == 0) {
            become(job->order.uid, job->descriptors[ML_ZYGOTE_OUTPUT], job->descriptors[ML_ZYGOTE_STEM], &program);
            return;
        }
        job->pid = pid > 0 ? pid : 0;
        if (pid < 0) job->error = errno;
    }
    // A process of its own: the memory's owner goes on.
    (void)syscall(SYS_exit, 0);
}

// 1: in the program; 0: in the zygote.
static int work(struct job *job) {
    pid_t helper_pid = ML_ZYGOTE_HELPER_PID;
    struct clone_args arguments = {
        .flags = CLONE_VM | CLONE_VFORK,
        .exit_signal = SIGCHLD,
        .set_tid = (uint64_t)(uintptr_t)&helper_pid,
        .set_tid_size = 1,
    };
    if (job->order.birthplace) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)job->descriptors[ML_ZYGOTE_REST];
    }
    job->pid = 0;
    if (setns(job->descriptors[ML_ZYGOTE_PROCESSES], CLONE_NEWPID) < 0) {
        job->error = errno;
        return 0;
    }
    PyOS_BeforeFork();
    long helper = clone_and_call(&arguments, sizeof arguments, help, job);
    if (helper == 0) {
        PyOS_AfterFork_Child();
        return 1;
    }
    if (helper < 0) {
        job->error = (int)-helper;
    } else {
        while (waitpid((pid_t)helper, NULL, __WALL) < 0 && errno == EINTR) continue;
        if (job->pid == 0 && job->error == 0) job->error = EIO;
    }
    PyOS_AfterFork_Parent();
    return 0;
}

// Returns in what was forked only.
static void serve(void) {
    static struct job job;
    for (;;) {
        ssize_t size = ml_receive(ML_ZYGOTE_DESCRIPTOR, &job.order, sizeof job.order, job.descriptors, &job.count, 0);
        // The end of the launcher, or of its interest, is the end of this.
        if (size != (ssize_t)sizeof job.order) _exit(0);
        bool whole = job.order.birthplace <= 1 && job.order.groups <= ML_DESCRIPTORS_MAX &&
                     job.count == ML_ZYGOTE_REST + (int)job.order.birthplace + (int)job.order.groups;
        job.error = whole ? 0 : EINVAL;
        job.pid = 0;
        if (job.error == 0 && work(&job) == 1) return;
        for (int i = 0; i < job.count; i++) close(job.descriptors[i]);
        struct ml_zygote_answer answer = {.sandbox = job.order.sandbox, .pid = job.pid, .error = job.error};
        if (ml_send(ML_ZYGOTE_DESCRIPTOR, &answer, sizeof answer, NULL, 0, 0) < 0) _exit(0);
    }
}

__attribute__((visibility("default"))) void *PyInit_martlet_zygote(void) {
    struct ml_zygote_answer ready = {0};
    // Not to be looked into by another zygote.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) _exit(1);
    ssize_t size = ml_receive(ML_ZYGOTE_DESCRIPTOR, filter, sizeof filter, NULL, NULL, 0);
    if (size <= 0 || size % (ssize_t)sizeof *filter != 0) _exit(1);
    program.len = (unsigned short)(size / (ssize_t)sizeof *filter);
    if (ml_send(ML_ZYGOTE_DESCRIPTOR, &ready, sizeof ready, NULL, 0, 0) < 0) _exit(1);
    serve();
    PyErr_SetString(PyExc_ImportError, "forked");
    return NULL;
}
