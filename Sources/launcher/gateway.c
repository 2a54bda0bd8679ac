#include "system.h"
#include "gateway.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "CLauncherProtocol.h"
#include "gateway_process.h"
#include "network.h"
#include "network_redirect.h"
#include "rootfs.h"

enum { SOCKETS = 3 };
// One that lived for long is replaced at once, the next ones after a pause that grows.
enum { LONG_MILLISECONDS = 10000, PAUSE_LEAST_MILLISECONDS = 50, PAUSE_MOST_MILLISECONDS = 10000 };
// What it does not take is offered again; one that takes nothing for so long is of no use.
enum { AGAIN_MILLISECONDS = 2, STUCK_MILLISECONDS = 5000 };

// A sandbox's sockets. They are kept here too, for the gateway that follows one that died.
struct entry {
    uint64_t sandbox;
    int sockets[SOCKETS];
    int count;
    bool known;  // to the process
    bool ended;
    bool queued;  // there is something to tell
    struct entry *next;
};

static struct entry *entries[ML_SANDBOXES_MAX];  // by slot; not those that have ended
static struct entry *first, **end = &first;

static const struct options *options;
static bool privileged;
static uid_t user;
static int poll_descriptor = -1;
static uint64_t tag;

static bool serves;  // there is one, or will be again
static int channel = -1;
static pid_t process = -1;
static int handle = -1;  // its pidfd
static int64_t began, pause_, due, heard;

static int64_t now_milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

// Runs a function in a child in a network namespace that is thrown away.
bool gateway_works(void) {
    pid_t pid = fork();
    if (pid == 0) {
        int listener;
        if (unshare(CLONE_NEWNET) < 0 || network_loopback() < 0) _exit(1);
        _exit((listener = network_listen(0)) < 0 || network_redirect(network_port(listener)) < 0);
    }
    int status;
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return false;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// MARK: Telling it of sandboxes

static void forget(struct entry *entry) {
    for (int i = 0; i < entry->count; i++) close_if_open(&entry->sockets[i]);
    free(entry);
}

static void enqueue(struct entry *entry) {
    if (entry->queued) return;
    // Who does not hear is given up after a while, by the clock of the first.
    if (!first) heard = now_milliseconds();
    entry->queued = true;
    entry->next = NULL;
    *end = entry;
    end = &entry->next;
}

// Never waits: what it does not take now, it is told later.
static void tell(void) {
    while (first && channel >= 0) {
        struct entry *entry = first;
        if (!entry->ended || entry->known) {
            int count = entry->ended ? 0 : entry->count;
            // Its end is noticed elsewhere.
            if (ml_send(channel, &entry->sandbox, sizeof entry->sandbox, entry->sockets, count, MSG_DONTWAIT) < 0) return;
            heard = now_milliseconds();
        }
        entry->known = true;
        entry->queued = false;
        first = entry->next;
        if (!first) end = &first;
        if (entry->ended) forget(entry);
    }
}

// The next one knows nothing.
static void queue_everything(void) {
    while (first) {
        struct entry *entry = first;
        first = entry->next;
        entry->queued = false;
        if (entry->ended) forget(entry);
    }
    end = &first;
    for (int slot = 0; slot < ML_SANDBOXES_MAX; slot++) {
        if (!entries[slot]) continue;
        entries[slot]->known = false;
        enqueue(entries[slot]);
    }
}

void gateway_add(uint64_t sandbox, const int *sockets, int count) {
    struct entry *entry = count > 0 && count <= SOCKETS ? calloc(1, sizeof *entry) : NULL;
    if (!entry) {
        for (int i = 0; i < count; i++) close(sockets[i]);
        return;
    }
    entry->sandbox = sandbox;
    entry->count = count;
    memcpy(entry->sockets, sockets, sizeof *sockets * (size_t)count);
    entries[sandbox % ML_SANDBOXES_MAX] = entry;
    enqueue(entry);
    tell();
}

void gateway_remove(uint64_t sandbox) {
    struct entry **place = &entries[sandbox % ML_SANDBOXES_MAX];
    struct entry *entry = *place;
    if (!entry || entry->sandbox != sandbox) return;
    *place = NULL;
    // Before the gateway's, so that the last one is closed there: a network namespace takes its time to go.
    for (int i = 0; i < entry->count; i++) close_if_open(&entry->sockets[i]);
    entry->count = 0;
    entry->ended = true;
    enqueue(entry);
    tell();
}

// MARK: Its start and its end

static bool start(void) {
    int ends[2];
    int root = rootfs_template(NULL, 0);
    if (root < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return false;
    process = fork();
    if (process == 0) gateway_run(options, privileged, user, root, ends[1]);
    close(ends[1]);
    channel = ends[0];
    began = heard = now_milliseconds();
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};
    if (process > 0 && (handle = sys_pidfd_open(process)) >= 0 &&
        epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, handle, &event) == 0)
        return true;
    gateway_stop();
    return false;
}

// Until it is tried again: not at all, then longer each time.
static void rest(int64_t now) {
    due = now + pause_;
    pause_ = pause_ == 0 ? PAUSE_LEAST_MILLISECONDS : pause_ * 2;
    if (pause_ > PAUSE_MOST_MILLISECONDS) pause_ = PAUSE_MOST_MILLISECONDS;
}

bool gateway_start(const struct gateway_settings *settings) {
    options = settings->options;
    privileged = settings->privileged;
    user = settings->uid;
    poll_descriptor = settings->poll;
    tag = settings->tag;
    serves = start();
    return serves;
}

bool gateway_serves(void) { return serves; }

bool gateway_event(uint64_t event) {
    if (!serves || event != tag) return false;
    int status = 0;
    if (process <= 0 || waitpid(process, &status, WNOHANG) == 0) return true;
    process = -1;
    gateway_stop();
    int64_t now = now_milliseconds();
    if (now - began >= LONG_MILLISECONDS) pause_ = 0;
    rest(now);
    complain("has lost its gateway (%s %d), and starts another: connections of functions to the internet break",
             WIFSIGNALED(status) ? "signal" : "exit status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return true;
}

int gateway_tend(void) {
    if (!serves) return -1;
    int64_t now = now_milliseconds();
    if (process <= 0) {
        if (now < due) return (int)(due - now);
        if (!start()) {
            complain("cannot start its gateway: %s", strerror(errno));
            rest(now);
            return (int)(due - now);
        }
        queue_everything();
    }
    tell();
    if (!first) return -1;
    // Its end is an event.
    if (now - heard > STUCK_MILLISECONDS) (void)kill(process, SIGKILL);
    return AGAIN_MILLISECONDS;
}

void gateway_stop(void) {
    if (handle >= 0) epoll_ctl(poll_descriptor, EPOLL_CTL_DEL, handle, NULL);
    close_if_open(&handle);
    close_if_open(&channel);
    if (process > 0) {
        kill(process, SIGKILL);
        while (waitpid(process, NULL, 0) < 0 && errno == EINTR) continue;
    }
    process = -1;
}
