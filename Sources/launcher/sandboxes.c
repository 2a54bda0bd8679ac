#include "system.h"
#include "sandboxes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "gateway.h"
#include "handover.h"
#include "init.h"
#include "sandbox.h"
#include "sandboxes_table.h"
#include "spawn.h"

enum { START_MILLISECONDS = 10000, REMOVE_MILLISECONDS = 20 };

static struct sandboxes_settings settings;
static struct sandbox *table[ML_SANDBOXES_MAX];
static unsigned table_used;  // one past the highest slot in use
static uint64_t serial;

// Numbers are never used again: the slot below, a serial number above.
struct sandbox *sandboxes_find(uint64_t number) {
    struct sandbox *sandbox = table[number % ML_SANDBOXES_MAX];
    return sandbox && sandbox->number == number ? sandbox : NULL;
}

static int64_t now_milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void sandboxes_open(const struct sandboxes_settings *given) { settings = *given; }

// What of a sandbox a descriptor tells.
enum topic { TOPIC_REPORTS, TOPIC_END, TOPIC_STEM, TOPICS = 4 };

static bool watch(int descriptor, const struct sandbox *sandbox, enum topic topic) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = sandbox->number * TOPICS + topic};
    return epoll_ctl(settings.poll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

static struct sandbox *new_sandbox(uint64_t request) {
    unsigned slot = 0;
    while (slot < ML_SANDBOXES_MAX && table[slot]) slot++;
    if (slot == ML_SANDBOXES_MAX) return NULL;
    struct sandbox *sandbox = calloc(1, sizeof *sandbox);
    if (!sandbox) return NULL;
    sandbox->slot = slot;
    sandbox->number = ++serial * ML_SANDBOXES_MAX + slot;
    sandbox->request = request;
    sandbox->reaper = sandbox->report = sandbox->output = sandbox->program = sandbox->status = -1;
    sandbox->handover = sandbox->stem = sandbox->mounts = sandbox->program_output = sandbox->program_stem = -1;
    for (int i = 0; i < HIERARCHIES_MAX; i++) sandbox->group.folder[i] = sandbox->group.tasks[i] = -1;
    sandbox->file_pages = sandbox->peak = -1;
    sandbox->deadline = now_milliseconds() + START_MILLISECONDS;
    table[slot] = sandbox;
    if (slot >= table_used) table_used = slot + 1;
    return sandbox;
}

static void forget(struct sandbox *sandbox) {
    // Its sockets would keep the network namespace.
    if (sandbox->names) gateway_remove(sandbox->number);
    sandbox->names = false;
    handover_release(&sandbox->handover);
    close_if_open(&sandbox->report);
    close_if_open(&sandbox->reaper);
    close_if_open(&sandbox->output);
    close_if_open(&sandbox->program);
    close_if_open(&sandbox->status);
    close_if_open(&sandbox->stem);
    close_if_open(&sandbox->mounts);
    close_if_open(&sandbox->program_output);
    close_if_open(&sandbox->program_stem);
    if (!cgroup_remove(&sandbox->group)) {
        // The kernel is a moment behind; sandboxes_tend tries again.
        sandbox->state = SANDBOX_GONE;
        return;
    }
    table[sandbox->slot] = NULL;
    while (table_used > 0 && !table[table_used - 1]) table_used--;
    free(sandbox);
}

void sandboxes_spawn(uint64_t request, const struct spawn_request *spawn) {
    struct sandbox *sandbox = new_sandbox(request);
    if (!sandbox) {
        message_answer(request, 0, ML_EXHAUSTED, "too many sandboxes");
        return;
    }
    sandbox->memory = (int64_t)spawn->memory_mib << 20;
    sandbox->port_count = spawn->port_count;
    sandbox->names = gateway_serves();
    sandbox->internet = spawn->internet && settings.internet && sandbox->names;
    const struct spawn_settings how = {
        .privileged = settings.privileged, .disk = settings.disk, .first_uid = settings.first_uid};
    const char *stage = "the sandbox";
    int error = spawn_sandbox(sandbox, spawn, &how, &stage);
    if (error == 0 &&
        (!watch(sandbox->report, sandbox, TOPIC_REPORTS) || !watch(sandbox->reaper, sandbox, TOPIC_END) ||
         (sandbox->stem >= 0 && !watch(sandbox->stem, sandbox, TOPIC_STEM)))) {
        error = errno;
        stage = "watching it";
        (void)sys_pidfd_send_signal(sandbox->reaper, SIGKILL);
        (void)waitpid(sandbox->reaper_pid, NULL, 0);
    }
    if (error != 0) {
        message_refuse(request, 0, stage, error);
        forget(sandbox);
    }
}

void sandboxes_kill(struct sandbox *sandbox) {
    sandbox->killed = true;
    (void)sys_pidfd_send_signal(sandbox->reaper, SIGKILL);
    cgroup_kill(&sandbox->group);
}

void sandboxes_unwatch(int descriptor) { epoll_ctl(settings.poll, EPOLL_CTL_DEL, descriptor, NULL); }

uid_t sandboxes_program_uid(const struct sandbox *sandbox) { return settings.first_uid + 1 + sandbox->slot; }

static void started(struct sandbox *sandbox, const int *descriptors, int count) {
    // The program's pidfd and a stem's mounts stay here, then the last ones are the gateway's, the others go on.
    if (sandbox->stem >= 0) sandbox->mounts = descriptors[--count];
    int gateways = sandbox_gateway_sockets(sandbox->names, sandbox->internet);
    count -= gateways;
    gateway_add(sandbox->number, descriptors + count, gateways);
    sandbox->program = descriptors[0];
    sandbox->status = sandbox_open_status(sandbox->program);
    int handed[ML_DESCRIPTORS_MAX], handed_count = 0;
    struct ml_started body = {.listeners = (uint32_t)(count - 1)};
    bool v2 = false;
    int freezer = cgroup_freezer(&sandbox->group, &v2);
    body.has_freezer = freezer >= 0;
    body.freezer_v2 = v2;
    handed[handed_count++] = sandbox->output;
    sandbox->output = -1;
    if (freezer >= 0) handed[handed_count++] = freezer;
    for (int i = 1; i < count; i++) handed[handed_count++] = descriptors[i];
    sandbox->state = SANDBOX_RUNNING;
    cgroup_seal(&sandbox->group);
    message_send(ML_STARTED, ML_OK, sandbox->request, sandbox->number, &body, sizeof body, handed, handed_count);
    if (sandbox->ready) sandboxes_say_ready(sandbox);
}

static void hear(struct sandbox *sandbox) {
    struct report report;
    int descriptors[ML_DESCRIPTORS_MAX], count;
    ssize_t size = ml_receive(sandbox->report, &report, sizeof report, descriptors, &count, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    handover_release(&sandbox->handover);
    bool starting = size == (ssize_t)sizeof report && sandbox->state == SANDBOX_STARTING;
    bool expected = starting && report.kind == REPORT_STARTED &&
                    count == 1 + sandbox->port_count + sandbox_gateway_sockets(sandbox->names, sandbox->internet) +
                                 (sandbox->stem >= 0);
    if (starting && report.kind == REPORT_FURNISHED && sandboxes_furnished(sandbox, descriptors, count)) return;
    if (!expected)
        for (int i = 0; i < count && size > 0; i++) close(descriptors[i]);
    if (size != (ssize_t)sizeof report) {
        // Its end was closed: the reaper is dying; its pidfd tells when.
        epoll_ctl(settings.poll, EPOLL_CTL_DEL, sandbox->report, NULL);
        return;
    }
    report.stage[sizeof report.stage - 1] = 0;
    if (expected) {
        started(sandbox, descriptors, count);
    } else if (report.kind == REPORT_FAILED && sandbox->state == SANDBOX_STARTING) {
        message_refuse(sandbox->request, 0, report.stage, report.value);
        sandbox->state = SANDBOX_FAILED;
    } else if (report.kind == REPORT_EXITED && sandbox->state == SANDBOX_RUNNING) {
        sandbox->wait_status = report.value;
        sandbox->has_wait_status = true;
        sandbox_note_resident_peak(sandbox, report.peak);
    }
}

static void ended(struct sandbox *sandbox) {
    // What it still had to say came before its end.
    for (int i = 0; i < 4; i++) hear(sandbox);
    if (sandbox->asked) sandboxes_hear_stem(sandbox);
    int status = 0;
    if (waitpid(sandbox->reaper_pid, &status, WNOHANG) == 0) return;
    if (sandbox->specialising != 0)
        message_answer(sandbox->specialising, sandbox->number, ML_FAILED, "the stem ended");
    sandbox->specialising = 0;
    if (sandbox->state == SANDBOX_STARTING) {
        message_answer(sandbox->request, 0, ML_FAILED, "the sandbox ended while it was made");
    } else if (sandbox->state == SANDBOX_RUNNING) {
        struct ml_exited body = {0};
        int how = sandbox->has_wait_status ? sandbox->wait_status : status;
        if (WIFSIGNALED(how))
            body.signal = WTERMSIG(how);
        else
            body.code = WEXITSTATUS(how);
        bool killed = body.signal == SIGKILL || body.code == 128 + SIGKILL;
        body.out_of_memory = killed && !sandbox->killed && cgroup_oom_kills(&sandbox->group) > 0;
        sandbox_measure(sandbox, NULL);
        if (body.out_of_memory) sandbox->peak = sandbox->memory;
        body.peak = sandbox->peak;
        cgroup_cpu(&sandbox->group, &body.cpu);
        message_send(ML_EXITED, ML_OK, 0, sandbox->number, &body, sizeof body, NULL, 0);
    }
    forget(sandbox);
}

void sandboxes_event(uint64_t tag) {
    struct sandbox *sandbox = sandboxes_find(tag / TOPICS);
    if (!sandbox || sandbox->state == SANDBOX_GONE) return;
    switch (tag % TOPICS) {
    case TOPIC_REPORTS:
        hear(sandbox);
        break;
    case TOPIC_END:
        ended(sandbox);
        break;
    case TOPIC_STEM:
        sandboxes_hear_stem(sandbox);
        break;
    }
}

static int freeze(struct sandbox *sandbox, bool frozen) {
    if (cgroup_has(CGROUP_FREEZER)) return cgroup_freeze(&sandbox->group, frozen);
    char order = frozen ? ORDER_STOP : ORDER_CONTINUE;
    return ml_send(sandbox->report, &order, 1, NULL, 0, MSG_DONTWAIT);
}

void sandboxes_handle(const struct ml_header *header, const void *body, size_t size) {
    struct sandbox *sandbox = sandboxes_find(header->sandbox);
    if (!sandbox || sandbox->state != SANDBOX_RUNNING) {
        message_answer(header->request, header->sandbox, ML_UNKNOWN_SANDBOX, NULL);
        return;
    }
    int result = 0;
    struct ml_limit_cpu limit;
    struct ml_measured measured;
    switch (header->kind) {
    case ML_LIMIT_CPU:
        if (size != sizeof limit) {
            message_answer(header->request, header->sandbox, ML_INVALID_MESSAGE, NULL);
            return;
        }
        memcpy(&limit, body, sizeof limit);
        if (limit.milli > 1000000) {
            message_answer(header->request, header->sandbox, ML_INVALID_MESSAGE, "CPU out of range");
            return;
        }
        sandbox_measure(sandbox, NULL);
        result = cgroup_limit_cpu(&sandbox->group, limit.milli);
        break;
    case ML_FREEZE:
    case ML_THAW:
        result = freeze(sandbox, header->kind == ML_FREEZE);
        break;
    case ML_TERMINATE:
        result = sys_pidfd_send_signal(sandbox->program, SIGTERM);
        if (result < 0 && errno == ESRCH) result = 0;
        break;
    case ML_KILL:
        sandboxes_kill(sandbox);
        break;
    case ML_STATISTICS:
        sandbox_measure(sandbox, &measured.current);
        measured.peak = sandbox->peak;
        cgroup_cpu(&sandbox->group, &measured.cpu);
        message_send(ML_MEASURED, ML_OK, header->request, header->sandbox, &measured, sizeof measured, NULL, 0);
        return;
    default:
        message_answer(header->request, header->sandbox, ML_INVALID_MESSAGE, "unknown kind of message");
        return;
    }
    if (result < 0)
        message_answer(header->request, header->sandbox, ML_FAILED, strerror(errno));
    else
        message_answer(header->request, header->sandbox, ML_OK, NULL);
}

int sandboxes_tend(void) {
    int64_t now = now_milliseconds();
    int wait = -1;
    for (unsigned slot = 0; slot < table_used; slot++) {
        struct sandbox *sandbox = table[slot];
        if (!sandbox) continue;
        int64_t left = -1;
        if (sandbox->state == SANDBOX_GONE) {
            cgroup_kill(&sandbox->group);
            forget(sandbox);
            left = REMOVE_MILLISECONDS;
        } else if (sandbox->state == SANDBOX_STARTING) {
            left = sandbox->deadline - now;
            if (left <= 0) {
                sandboxes_kill(sandbox);
                left = 100;
            }
        }
        if (left >= 0 && (wait < 0 || left < wait)) wait = (int)left;
    }
    return wait;
}

void sandboxes_end(void) {
    for (unsigned slot = 0; slot < table_used; slot++)
        if (table[slot] && table[slot]->state != SANDBOX_GONE) sandboxes_kill(table[slot]);
    for (unsigned slot = 0; slot < ML_SANDBOXES_MAX; slot++) {
        struct sandbox *sandbox = table[slot];
        if (!sandbox) continue;
        if (sandbox->state != SANDBOX_GONE) {
            while (waitpid(sandbox->reaper_pid, NULL, 0) < 0 && errno == EINTR) continue;
            forget(sandbox);
        }
    }
    struct timespec pause = {.tv_nsec = 1000000};
    for (int round = 0; round < 2000 && table_used > 0; round++) {
        (void)sandboxes_tend();
        nanosleep(&pause, NULL);
    }
}
