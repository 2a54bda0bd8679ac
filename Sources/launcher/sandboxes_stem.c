// Sandboxes that are made ahead: where their programs come from, and what they hear and say until they are a function's.

#include "system.h"
#include "sandboxes_table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "program.h"
#include "sandboxes.h"
#include "stem.h"
#include "zygotes.h"

static bool add_copy(struct zygote_job *job, int descriptor) {
    int copy = job->count < ML_DESCRIPTORS_MAX ? fcntl(descriptor, F_DUPFD_CLOEXEC, 0) : -1;
    if (copy >= 0) job->descriptors[job->count++] = copy;
    return copy >= 0;
}

// A sandbox waits for its program, which is forked into these namespaces.
bool sandboxes_furnished(struct sandbox *sandbox, const int *namespaces, int count) {
    if (sandbox->zygote == 0 || sandbox->program_stem < 0 || count != ML_ZYGOTE_NAMESPACES) return false;
    struct zygote_job job = {.order = {.sandbox = sandbox->number, .uid = sandboxes_program_uid(sandbox)}};
    for (int i = 0; i < count; i++) job.descriptors[i] = namespaces[i];
    job.descriptors[ML_ZYGOTE_OUTPUT] = sandbox->program_output;
    job.descriptors[ML_ZYGOTE_STEM] = sandbox->program_stem;
    sandbox->program_output = sandbox->program_stem = -1;
    job.count = ML_ZYGOTE_REST;
    int birthplace = cgroup_birthplace(&sandbox->group);
    bool whole = birthplace < 0 || add_copy(&job, birthplace);
    job.order.birthplace = birthplace >= 0;
    for (int i = 0; i < HIERARCHIES_MAX && whole; i++) {
        if (sandbox->group.tasks[i] < 0) continue;
        whole = add_copy(&job, sandbox->group.tasks[i]);
        job.order.groups++;
    }
    if (!whole) {
        // Nothing is forked without its groups: process 1, which is in them, starts the program.
        complain("cannot have a program forked: %s", strerror(errno));
        for (int i = 0; i < job.count; i++) close(job.descriptors[i]);
        sandboxes_forked(sandbox->number, 0, 0);
        return true;
    }
    zygotes_fork(sandbox->zygote, &job);
    return true;
}

void sandboxes_forked(uint64_t number, pid_t pid, int64_t inherited) {
    struct sandbox *sandbox = sandboxes_find(number);
    if (!sandbox || sandbox->state != SANDBOX_STARTING) return;
    sandbox->inherited = pid > 0 ? inherited : 0;
    int32_t message = pid > 0 ? pid : 0;
    // Else it is dying, which its pidfd tells.
    (void)ml_send(sandbox->report, &message, sizeof message, NULL, 0, MSG_DONTWAIT);
}

void sandboxes_lost(uint64_t number) {
    struct sandbox *sandbox = sandboxes_find(number);
    if (sandbox && sandbox->state == SANDBOX_STARTING) sandboxes_kill(sandbox);
}

void sandboxes_specialise(uint64_t request, uint64_t number, const struct spawn_request *orders) {
    struct sandbox *sandbox = sandboxes_find(number);
    // Once: what has become a function's has no socket to be told on.
    if (!sandbox || sandbox->state != SANDBOX_RUNNING || sandbox->stem < 0 || sandbox->asked) {
        message_answer(request, number, ML_UNKNOWN_SANDBOX, NULL);
        return;
    }
    if (sandbox->before_exec != (orders->arguments[0] != NULL)) {
        message_answer(request, number, ML_INVALID_MESSAGE, "arguments for a program that runs, or none for one that waits");
        return;
    }
    const char *stage = "the stem";
    int error = stem_specialise(sandbox, orders, &stage);
    close_if_open(&sandbox->mounts);
    if (error != 0) {
        // Half of a function: of no use as anything.
        sandboxes_kill(sandbox);
        close_if_open(&sandbox->stem);
        message_refuse(request, number, stage, error);
    } else if (sandbox->before_exec) {
        // The socket's end is the exec.
        sandbox->specialising = request;
        sandbox->asked = true;
    } else {
        // Its end of the socket is its own to close: it may not have said yet that it is ready.
        sandbox->asked = true;
        message_answer(request, number, ML_OK, NULL);
    }
}

void sandboxes_say_ready(const struct sandbox *sandbox) {
    message_send(ML_READY, ML_OK, 0, sandbox->number, NULL, 0, NULL, 0);
}

// A stem is ready, or its exec has happened or failed.
void sandboxes_hear_stem(struct sandbox *sandbox) {
    if (sandbox->stem < 0) return;
    struct program_failure failure;
    ssize_t size = recv(sandbox->stem, &failure, sizeof failure, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (!sandbox->asked) {
        if (size > 0 && !sandbox->ready) {
            sandbox->ready = true;
            if (sandbox->state == SANDBOX_RUNNING) sandboxes_say_ready(sandbox);
        } else if (size <= 0) {
            // It is dying, which its pidfd tells.
            sandboxes_unwatch(sandbox->stem);
        }
        return;
    }
    // Said before it was told.
    if (size == 1 && !sandbox->ready) {
        sandbox->ready = true;
        return;
    }
    if (!sandbox->before_exec) {
        close_if_open(&sandbox->stem);
        return;
    }
    if (size == (ssize_t)sizeof failure) {
        failure.stage[sizeof failure.stage - 1] = 0;
        message_refuse(sandbox->specialising, sandbox->number, failure.stage, failure.error);
    } else {
        message_answer(sandbox->specialising, sandbox->number, ML_OK, NULL);
    }
    sandbox->specialising = 0;
    close_if_open(&sandbox->stem);
}
