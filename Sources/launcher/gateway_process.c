#include "system.h"
#include "gateway_process.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CLauncherProtocol.h"
#include "gateway_flow.h"
#include "gateway_resolver.h"
#include "gateway_stream.h"
#include "network.h"
#include "rootfs.h"
#include "seccomp.h"

// Per sandbox; AWS lets a function's environment have 1024 descriptors.
enum { FLOWS_MAX = 256, STREAMS_MAX = 16, EVENTS = 64 };

struct gateway_listener {
    struct watched watched;
    uint64_t sandbox;
    int socket;  // -1: no internet, names only
    struct watched names_watched;
    struct asker names;  // UDP, port 53
    struct watched streams_watched;
    int streams_socket;  // TCP, port 53; -1: the sandbox has none
    int stream_count;
    struct stream *streams;  // the latest first
    int flow_count;
    bool waiting;  // full: not watched
    struct flow *flows;
    struct gateway_listener *next;
};

static int channel = -1;  // to the launcher

static struct gateway_listener *listeners;
static int poll_descriptor = -1;
static struct watched answers[NAME_SERVERS_MAX];  // of the host's name servers

#define LISTENER_OF(watched, member) \
    ((struct gateway_listener *)(void *)((char *)(watched) - offsetof(struct gateway_listener, member)))

static bool watch_listener(struct gateway_listener *listener, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = listener};
    return epoll_ctl(poll_descriptor, operation, listener->socket, &event) == 0;
}

// A missing socket needs no watching.
static bool watch(int socket_, struct watched *watched) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = watched};
    return socket_ < 0 || epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, socket_, &event) == 0;
}

static void close_listener(struct gateway_listener *listener) {
    close_if_open(&listener->socket);
    close_if_open(&listener->names.socket);
    close_if_open(&listener->streams_socket);
    free(listener);
}

static int *place_of(struct gateway_listener *listener, int socket_) {
    int type = 0;
    socklen_t size = sizeof type;
    if (getsockopt(socket_, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM)
        return &listener->names.socket;
    return network_port(socket_) == CNS_PORT ? &listener->streams_socket : &listener->socket;
}

// Takes a sandbox's sockets: TCP connections to the internet, and questions for names, by UDP and TCP.
static void add_listener(uint64_t sandbox, const int *sockets, int count) {
    struct gateway_listener *listener = calloc(1, sizeof *listener);
    if (!listener) {
        for (int i = 0; i < count; i++) close(sockets[i]);
        return;
    }
    *listener = (struct gateway_listener){
        .watched = {WATCHED_LISTENER}, .sandbox = sandbox, .socket = -1,
        .names_watched = {WATCHED_NAMES}, .names = {.socket = -1},
        .streams_watched = {WATCHED_STREAMS}, .streams_socket = -1};
    for (int i = 0; i < count; i++) {
        int *place = place_of(listener, sockets[i]);
        close_if_open(place);
        *place = sockets[i];
    }
    listener->names.internet = listener->socket >= 0;
    if (!watch(listener->socket, &listener->watched) || !watch(listener->names.socket, &listener->names_watched) ||
        !watch(listener->streams_socket, &listener->streams_watched)) {
        close_listener(listener);
        return;
    }
    listener->next = listeners;
    listeners = listener;
}

static void remove_listener(uint64_t sandbox) {
    for (struct gateway_listener **place = &listeners; *place; place = &(*place)->next) {
        struct gateway_listener *listener = *place;
        if (listener->sandbox != sandbox) continue;
        *place = listener->next;
        while (listener->flows) {
            struct flow *flow = listener->flows;
            listener->flows = *flow_next(flow);
            flow_close(flow);
        }
        while (listener->streams) {
            struct stream *stream = listener->streams;
            listener->streams = *stream_next(stream);
            stream_close(stream);
        }
        resolver_forget(&listener->names);
        close_listener(listener);
        return;
    }
}

static void end_flow(struct flow *ended) {
    struct gateway_listener *listener = flow_owner(ended);
    struct flow **place = &listener->flows;
    while (*place && *place != ended) place = flow_next(*place);
    if (*place) *place = *flow_next(ended);
    flow_close(ended);
    listener->flow_count--;
    if (listener->waiting) {
        listener->waiting = false;
        (void)watch_listener(listener, EPOLL_CTL_MOD, EPOLLIN);
    }
}

static void end_stream(struct stream *ended) {
    struct gateway_listener *listener = stream_owner(ended);
    struct stream **place = &listener->streams;
    while (*place && *place != ended) place = stream_next(*place);
    if (*place) *place = *stream_next(ended);
    stream_close(ended);
    listener->stream_count--;
}

static void accept_stream(struct gateway_listener *listener) {
    int inside = accept4(listener->streams_socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (inside < 0) return;
    if (listener->stream_count >= STREAMS_MAX) {
        // The oldest makes room: whoever asks by TCP asks at once.
        struct stream *oldest = listener->streams;
        while (*stream_next(oldest)) oldest = *stream_next(oldest);
        end_stream(oldest);
    }
    struct stream *stream = stream_open(poll_descriptor, inside, &listener->names, listener);
    if (!stream) return;
    *stream_next(stream) = listener->streams;
    listener->streams = stream;
    listener->stream_count++;
}

static void accept_flow(struct gateway_listener *listener) {
    if (listener->flow_count >= FLOWS_MAX) {
        // The others wait in the backlog.
        listener->waiting = true;
        (void)watch_listener(listener, EPOLL_CTL_MOD, 0);
        return;
    }
    int inside = accept4(listener->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (inside < 0) return;
    struct flow *flow = flow_open(poll_descriptor, inside, listener);
    if (!flow) return;
    *flow_next(flow) = listener->flows;
    listener->flows = flow;
    listener->flow_count++;
}

// false: the launcher is gone.
static bool hear_launcher(void) {
    uint64_t sandbox;
    int descriptors[ML_DESCRIPTORS_MAX], count;
    if (ml_receive(channel, &sandbox, sizeof sandbox, descriptors, &count, 0) != (ssize_t)sizeof sandbox) return false;
    if (count > 0)
        add_listener(sandbox, descriptors, count);
    else
        remove_listener(sandbox);
    return true;
}

// One round. What an event is about may have ended by an earlier one of the same round: after anything ended, ask
// again.
static bool round_of_events(void) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poll_descriptor, events, EVENTS, -1);
    if (count < 0) return errno == EINTR;
    for (int i = 0; i < count; i++) {
        struct watched *watched = events[i].data.ptr;
        switch (watched->kind) {
        case WATCHED_CHANNEL:
            return hear_launcher();
        case WATCHED_LISTENER:
            accept_flow(LISTENER_OF(watched, watched));
            break;
        case WATCHED_NAMES:
            resolver_ask(&LISTENER_OF(watched, names_watched)->names);
            break;
        case WATCHED_STREAMS:
            // It may end another.
            accept_stream(LISTENER_OF(watched, streams_watched));
            return true;
        case WATCHED_ANSWERS:
            resolver_return((int)(watched - answers));
            break;
        case WATCHED_STREAM_INSIDE:
        case WATCHED_STREAM_OUTSIDE:
            if (stream_event(stream_of(watched), watched->kind)) break;
            end_stream(stream_of(watched));
            return true;
        case WATCHED_INSIDE:
        case WATCHED_OUTSIDE:
            if (flow_event(flow_of(watched), watched->kind, events[i].events)) break;
            end_flow(flow_of(watched));
            return true;
        }
    }
    return true;
}

static void give_up_everything(bool privileged, uid_t uid, int root) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    // No files: the root of an empty sandbox.
    if (root < 0 || rootfs_enter(root) < 0) _exit(1);
    // Nothing else of the launcher's.
    if (dup2(channel, 3) < 0) _exit(1);
    channel = 3;
    sys_close_range(4, ~0u);
    for (int capability = 0; capability < 64; capability++) (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    if (privileged &&
        (syscall(SYS_setgroups, 0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0))
        _exit(1);
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    if (syscall(SYS_capset, &head, none) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) _exit(1);
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) _exit(1);
    if (seccomp_install() < 0) _exit(1);
}

_Noreturn void gateway_run(const struct options *options, bool privileged, uid_t uid, int root, int socket_) {
    static struct watched launcher = {WATCHED_CHANNEL};
    channel = socket_;
    prctl(PR_SET_NAME, "launcher-net", 0, 0, 0);
    resolver_find(options->domains, (size_t)options->domain_count);
    give_up_everything(privileged, uid, root);
    poll_descriptor = epoll_create1(EPOLL_CLOEXEC);
    if (poll_descriptor < 0 || !watch(channel, &launcher)) _exit(1);
    int servers[NAME_SERVERS_MAX], count = resolver_open(servers);
    for (int i = 0; i < count; i++) {
        answers[i].kind = WATCHED_ANSWERS;
        if (!watch(servers[i], &answers[i])) _exit(1);
    }
    while (round_of_events()) continue;
    _exit(0);
}
