#include "system.h"
#include "zygotes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cgroup.h"
#include "sandboxes_table.h"
#include "seccomp.h"
#include "zygote_start.h"

enum { ZYGOTES_MAX = 8, MEMORY_MIB = 512, AT_A_TIME = 4 };
// What was forked shares the places of things in memory, and the secret of its hashes, with what was forked from the same
// zygote: not for long.
enum { FORKS_MAX = 1000, AGE_MILLISECONDS = 600 * 1000 };
enum { IDLE_MILLISECONDS = 600 * 1000, REST_MILLISECONDS = 30 * 1000, TEND_MILLISECONDS = 1000 };

enum state { FREE, STARTING, READY, FAILED /* not tried again for a while */, LEAVING /* only its groups are left */ };

struct waiting_job {
    struct waiting_job *next;
    struct zygote_job job;
};

static struct zygote {
    enum state state;
    unsigned id;
    char *key;  // what it is a zygote of
    size_t key_size;
    pid_t process;
    int socket;
    struct cgroup group;
    struct waiting_job *first, **end;  // what is to be forked; those at the front it has been told of
    int told;
    int forks;
    int64_t began, used;
    int64_t resident;  // bytes that what is forked begins with
} zygotes[ZYGOTES_MAX];

static int poll_descriptor = -1;
static uint64_t first_tag;
static uid_t user;
static unsigned last_id;

static int64_t now_milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void zygotes_open(int poll, uint64_t tag, uid_t uid) {
    if (!zygote_prepare()) return;
    poll_descriptor = poll;
    first_tag = tag;
    user = uid;
}

uid_t zygotes_uid(void) { return user; }

bool zygotes_work(void) { return poll_descriptor >= 0; }

// Command, environment and binds as bytes.
static char *make_key(const struct spawn_request *request, const struct rootfs_bind *binds, size_t *size) {
    char *key = NULL;
    FILE *text = open_memstream(&key, size);
    if (!text) return NULL;
    for (char *const *argument = request->arguments; *argument; argument++) fprintf(text, "%s%c", *argument, 0);
    for (char *const *variable = request->environment; *variable; variable++) fprintf(text, "%s%c", *variable, 0);
    for (int i = 0; i < request->bind_count; i++) {
        struct stat status = {0};
        (void)fstat(binds[i].source, &status);
        fprintf(text, "%s%c%llx %llx%c", binds[i].inside, 0, (unsigned long long)status.st_dev,
                (unsigned long long)status.st_ino, 0);
    }
    if (fclose(text) == 0) return key;
    free(key);
    return NULL;
}

// MARK: Its end

// What it was told of may have been forked, or be forked yet: by its helper, which is a process of its own.
static void give_up_jobs(struct zygote *zygote) {
    for (int i = 0; zygote->first; i++) {
        struct waiting_job *waiting = zygote->first;
        zygote->first = waiting->next;
        uint64_t sandbox = waiting->job.order.sandbox;
        for (int i = 0; i < waiting->job.count; i++) close(waiting->job.descriptors[i]);
        free(waiting);
        if (i < zygote->told)
            sandboxes_lost(sandbox);
        else
            sandboxes_forked(sandbox, 0, 0);
    }
    zygote->end = &zygote->first;
    zygote->told = 0;
}

static void remove_group(struct zygote *zygote) {
    cgroup_kill(&zygote->group);
    if (!cgroup_remove(&zygote->group)) return;
    free(zygote->key);
    *zygote = (struct zygote){.state = FREE, .socket = -1};
}

static void end(struct zygote *zygote, bool failed) {
    if (zygote->socket >= 0) epoll_ctl(poll_descriptor, EPOLL_CTL_DEL, zygote->socket, NULL);
    close_if_open(&zygote->socket);
    if (zygote->process > 0) {
        kill(zygote->process, SIGKILL);
        while (waitpid(zygote->process, NULL, 0) < 0 && errno == EINTR) continue;
    }
    zygote->process = 0;
    give_up_jobs(zygote);
    if (failed) {
        complain("has no zygote for %s: stems start from nothing for now", zygote->key);
        zygote->state = FAILED;
        zygote->began = now_milliseconds();
        cgroup_kill(&zygote->group);
        (void)cgroup_remove(&zygote->group);
        return;
    }
    zygote->state = LEAVING;
    remove_group(zygote);
}

// MARK: Its start

static struct zygote *free_place(void) {
    struct zygote *oldest = NULL;
    for (int i = 0; i < ZYGOTES_MAX; i++) {
        struct zygote *zygote = &zygotes[i];
        if (zygote->state == FREE) return zygote;
        bool idle = zygote->state == READY && !zygote->first;
        if (idle && (!oldest || zygote->used < oldest->used)) oldest = zygote;
    }
    if (oldest) end(oldest, false);
    return oldest && oldest->state == FREE ? oldest : NULL;
}

static bool begin(struct zygote *zygote, const struct spawn_request *request, int template) {
    int ends[2];
    for (int i = 0; i < HIERARCHIES_MAX; i++) zygote->group.folder[i] = zygote->group.tasks[i] = -1;
    // Below every sandbox's number.
    last_id = last_id % (ML_SANDBOXES_MAX - 1) + 1;
    if (cgroup_make(&zygote->group, last_id, MEMORY_MIB) < 0) return false;
    if (cgroup_lend(&zygote->group, user) < 0 || ml_pair(ends) < 0) return false;
    pid_t process = zygote_start(request, template, &zygote->group, user, ends[1]);
    close(ends[1]);
    size_t size;
    const void *filter = seccomp_filter(&size);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = first_tag + (uint64_t)(zygote - zygotes)};
    zygote->socket = ends[0];
    zygote->process = process > 0 ? process : 0;
    if (process < 0 || ml_send(ends[0], filter, size, NULL, 0, MSG_DONTWAIT) < 0 ||
        epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, ends[0], &event) < 0)
        return false;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", process);
    (void)write_at(AT_FDCWD, path, "500");
    zygote->id = last_id;
    zygote->began = zygote->used = now_milliseconds();
    zygote->state = STARTING;
    return true;
}

static bool is_worn(const struct zygote *zygote, int64_t now) {
    return zygote->forks >= FORKS_MAX || now - zygote->began > AGE_MILLISECONDS;
}

unsigned zygotes_find(const struct spawn_request *request, const struct rootfs_bind *binds, int template) {
    if (poll_descriptor < 0) return 0;
    size_t size;
    char *key = make_key(request, binds, &size);
    if (!key) return 0;
    int64_t now = now_milliseconds();
    struct zygote *ready = NULL, *starting = NULL;
    bool failed = false;
    for (int i = 0; i < ZYGOTES_MAX; i++) {
        struct zygote *zygote = &zygotes[i];
        if (!zygote->key || zygote->key_size != size || memcmp(zygote->key, key, size) != 0) continue;
        if (zygote->state == FAILED) failed = true;
        if (zygote->state == STARTING) starting = zygote;
        if (zygote->state == READY && (!ready || zygote->began > ready->began)) ready = zygote;
    }
    struct zygote *started = NULL;
    bool wanted = !failed && !starting && (!ready || is_worn(ready, now));
    if (wanted && !zygote_may_be(request, binds)) {
        static bool said;
        if (!said) complain("forks no %s, which is not root's alone, or set up otherwise than it knows", request->arguments[0]);
        said = true;
        wanted = false;
    }
    if (wanted && (started = free_place())) {
        *started = (struct zygote){.key = key, .key_size = size, .socket = -1};
        started->end = &started->first;
        key = NULL;
        if (begin(started, request, template)) {
            starting = started;
        } else {
            complain("cannot start a zygote: %s", strerror(errno));
            end(started, true);
        }
    }
    free(key);
    struct zygote *found = ready ? ready : starting;
    if (!found) return 0;
    found->used = now;
    return found->id;
}

// MARK: Forking

static void tell(struct zygote *zygote) {
    struct waiting_job *waiting = zygote->first;
    for (int i = 0; i < zygote->told && waiting; i++) waiting = waiting->next;
    for (; waiting && zygote->told < AT_A_TIME; waiting = waiting->next) {
        const struct zygote_job *job = &waiting->job;
        if (ml_send(zygote->socket, &job->order, sizeof job->order, job->descriptors, job->count, MSG_DONTWAIT) < 0)
            return;
        zygote->told++;
    }
}

void zygotes_fork(unsigned id, const struct zygote_job *job) {
    struct zygote *zygote = NULL;
    for (int i = 0; i < ZYGOTES_MAX; i++)
        if ((zygotes[i].state == STARTING || zygotes[i].state == READY) && zygotes[i].id == id) zygote = &zygotes[i];
    struct waiting_job *waiting = zygote ? malloc(sizeof *waiting) : NULL;
    if (!waiting) {
        for (int i = 0; i < job->count; i++) close(job->descriptors[i]);
        sandboxes_forked(job->order.sandbox, 0, 0);
        return;
    }
    *waiting = (struct waiting_job){.job = *job};
    *zygote->end = waiting;
    zygote->end = &waiting->next;
    if (zygote->state == READY) tell(zygote);
}

static void became_ready(struct zygote *zygote) {
    char path[64], text[4096];
    zygote->state = READY;
    snprintf(path, sizeof path, "/proc/%d/status", zygote->process);
    if (read_at(AT_FDCWD, path, text, sizeof text) > 0) {
        long long resident = number_after(text, "RssAnon:");
        zygote->resident = resident < 0 ? 0 : resident * 1024;
    }
}

// What it was told of first is done. false: there was nothing.
static bool finish(struct zygote *zygote, const struct ml_zygote_answer *answer) {
    struct waiting_job *done = zygote->first;
    if (!done || zygote->told == 0 || done->job.order.sandbox != answer->sandbox) return false;
    zygote->first = done->next;
    if (!zygote->first) zygote->end = &zygote->first;
    zygote->told--;
    zygote->forks++;
    for (int i = 0; i < done->job.count; i++) close(done->job.descriptors[i]);
    free(done);
    if (answer->pid <= 0) complain("a zygote could not be forked: %s", strerror(answer->error));
    sandboxes_forked(answer->sandbox, answer->pid, zygote->resident);
    return true;
}

bool zygotes_event(uint64_t tag) {
    if (poll_descriptor < 0 || tag < first_tag || tag >= first_tag + ZYGOTES_MAX) return false;
    struct zygote *zygote = &zygotes[tag - first_tag];
    if (zygote->socket < 0) return true;
    struct ml_zygote_answer answer;
    ssize_t size = ml_receive(zygote->socket, &answer, sizeof answer, NULL, NULL, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    bool understood = size == (ssize_t)sizeof answer;
    if (understood && zygote->state == STARTING)
        became_ready(zygote);
    else if (understood)
        understood = finish(zygote, &answer);
    if (!understood)
        end(zygote, true);
    else
        tell(zygote);
    return true;
}

int zygotes_tend(void) {
    if (poll_descriptor < 0) return -1;
    int64_t now = now_milliseconds();
    bool any = false;
    for (int i = 0; i < ZYGOTES_MAX; i++) {
        struct zygote *zygote = &zygotes[i];
        if (zygote->state == LEAVING) remove_group(zygote);
        if (zygote->state == FAILED && now - zygote->began > REST_MILLISECONDS) {
            zygote->state = LEAVING;
            remove_group(zygote);
        }
        if (zygote->state == READY && !zygote->first) {
            bool replaced = false;
            for (int j = 0; j < ZYGOTES_MAX; j++)
                replaced = replaced || (zygotes[j].state == READY && zygotes[j].began > zygote->began &&
                                        zygotes[j].key_size == zygote->key_size &&
                                        memcmp(zygotes[j].key, zygote->key, zygote->key_size) == 0);
            if (replaced || now - zygote->used > IDLE_MILLISECONDS) end(zygote, false);
        }
        any = any || zygote->state != FREE;
    }
    return any ? TEND_MILLISECONDS : -1;
}

void zygotes_close(void) {
    for (int i = 0; i < ZYGOTES_MAX && poll_descriptor >= 0; i++) {
        if (zygotes[i].state == FREE) continue;
        if (zygotes[i].state == STARTING || zygotes[i].state == READY) end(&zygotes[i], false);
        // The kernel is a moment behind.
        struct timespec pause = {.tv_nsec = 1000000};
        for (int round = 0; round < 1000 && zygotes[i].group.made; round++) {
            remove_group(&zygotes[i]);
            nanosleep(&pause, NULL);
        }
    }
}
