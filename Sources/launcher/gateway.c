#include "system.h"
#include "gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CLauncherProtocol.h"
#include "gateway_flow.h"
#include "gateway_resolver.h"
#include "network.h"
#include "network_redirect.h"
#include "rootfs.h"
#include "seccomp.h"

// Per sandbox; AWS lets a function's environment have 1024 descriptors.
enum { FLOWS_MAX = 256, EVENTS = 64 };

struct gateway_listener {
    struct watched watched;
    uint64_t sandbox;
    int socket;  // -1: no internet, names only
    struct watched names_watched;
    int names;   // UDP, port 53; -1: the sandbox has none
    int flow_count;
    bool waiting;  // full: not watched
    struct flow *flows;
    struct gateway_listener *next;
};

static int channel = -1;  // to the process, or in it to the launcher
static pid_t process = -1;

// MARK: In the process

static struct gateway_listener *listeners;
static int poll_descriptor = -1;

static struct gateway_listener *listener_of_names(struct watched *watched) {
    return (struct gateway_listener *)(void *)((char *)watched - offsetof(struct gateway_listener, names_watched));
}

static bool watch_listener(struct gateway_listener *listener, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = listener};
    return epoll_ctl(poll_descriptor, operation, listener->socket, &event) == 0;
}

static void close_listener(struct gateway_listener *listener) {
    close_if_open(&listener->socket);
    close_if_open(&listener->names);
    free(listener);
}

// Takes a sandbox's sockets: TCP connections to the internet, and questions for names; either may be missing.
static void add_listener(uint64_t sandbox, const int *sockets, int count) {
    struct gateway_listener *listener = calloc(1, sizeof *listener);
    if (!listener) {
        for (int i = 0; i < count; i++) close(sockets[i]);
        return;
    }
    *listener = (struct gateway_listener){
        .watched = {WATCHED_LISTENER}, .sandbox = sandbox, .socket = -1, .names_watched = {WATCHED_NAMES}, .names = -1};
    for (int i = 0; i < count; i++) {
        int type = 0;
        socklen_t size = sizeof type;
        int *place = &listener->socket;
        if (getsockopt(sockets[i], SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM)
            place = &listener->names;
        close_if_open(place);
        *place = sockets[i];
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &listener->names_watched};
    if ((listener->socket >= 0 && !watch_listener(listener, EPOLL_CTL_ADD, EPOLLIN)) ||
        (listener->names >= 0 && epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, listener->names, &event) < 0)) {
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
        resolver_forget(sandbox);
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
        if (watched->kind == WATCHED_CHANNEL) return hear_launcher();
        if (watched->kind == WATCHED_LISTENER) {
            accept_flow((struct gateway_listener *)(void *)watched);
            continue;
        }
        if (watched->kind == WATCHED_NAMES) {
            const struct gateway_listener *listener = listener_of_names(watched);
            resolver_ask(listener->names, listener->sandbox, listener->socket >= 0);
            continue;
        }
        if (watched->kind == WATCHED_ANSWERS) {
            resolver_return();
            continue;
        }
        struct flow *flow = flow_of(watched);
        if (!flow_event(flow, watched->kind, events[i].events)) {
            end_flow(flow);
            return true;
        }
    }
    return true;
}

static void give_up_everything(bool privileged, uid_t uid, int root) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    resolver_find();
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

static _Noreturn void run(bool privileged, uid_t uid, int root) {
    static struct watched watched = {WATCHED_CHANNEL};
    give_up_everything(privileged, uid, root);
    poll_descriptor = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &watched};
    if (poll_descriptor < 0 || epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, channel, &event) < 0) _exit(1);
    static struct watched answers = {WATCHED_ANSWERS};
    int upstream = resolver_open();
    event.data.ptr = &answers;
    if (upstream >= 0 && epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, upstream, &event) < 0) _exit(1);
    while (round_of_events()) continue;
    _exit(0);
}

// MARK: In the launcher

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

bool gateway_start(bool privileged, uid_t uid) {
    int ends[2];
    int root = rootfs_template(NULL, 0);
    if (root < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return false;
    process = fork();
    if (process == 0) {
        channel = ends[1];
        run(privileged, uid, root);
    }
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        return false;
    }
    channel = ends[0];
    return true;
}

bool gateway_runs(void) { return channel >= 0; }

static void tell(uint64_t sandbox, const int *sockets, int count) {
    if (channel < 0) return;
    if (ml_send(channel, &sandbox, sizeof sandbox, sockets, count, 0) == 0) return;
    complain("has lost its gateway: functions have no internet and no names from now on");
    gateway_stop();
}

void gateway_add(uint64_t sandbox, const int *sockets, int count) {
    if (count > 0) tell(sandbox, sockets, count);
    for (int i = 0; i < count; i++) close(sockets[i]);
}

void gateway_remove(uint64_t sandbox) { tell(sandbox, NULL, 0); }

void gateway_stop(void) {
    close_if_open(&channel);
    if (process > 0) {
        kill(process, SIGKILL);
        while (waitpid(process, NULL, 0) < 0 && errno == EINTR) continue;
    }
    process = -1;
}
