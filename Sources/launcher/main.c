// Martlet's launcher: it makes sandboxes, and it is the only part of Martlet that stays root. Single-threaded; one
// epoll loop; it obeys the process at the other end of its socket and no longer than that lives.

#include "system.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "CLauncherProtocol.h"
#include "cgroup.h"
#include "findings.h"
#include "gateway.h"
#include "handover.h"
#include "messages.h"
#include "options.h"
#include "paths.h"
#include "privilege.h"
#include "rootfs.h"
#include "sandboxes.h"
#include "seccomp.h"
#include "signals.h"
#include "tmpdisk.h"
#include "tmpdisks.h"
#include "waiting.h"
#include "zygotes.h"

// Of reapers and the gateway, of programs, and of zygotes.
enum { UIDS = 1 + ML_SANDBOXES_MAX + 1 };
enum { EVENTS = 64, DEFAULT_STORAGE_MIB = 512, DESCRIPTORS = 20 * ML_SANDBOXES_MAX };
enum { PREDECESSOR_PAUSE_MILLISECONDS = 5 };
static int predecessor_rounds;
// The sandboxes' tags are far below.
static const uint64_t SOCKET_TAG = UINT64_MAX;
static const uint64_t DISKS_TAG = UINT64_MAX - 64;
static const uint64_t ZYGOTES_TAG = UINT64_MAX - 128;
static const uint64_t GATEWAY_TAG = UINT64_MAX - 192;
static bool usable;  // sandboxes can be made
static bool disk;    // /tmp is on a disk of its own
static unsigned char buffer[ML_MESSAGE_MAX];

// Far above every user of a host, and apart for each data folder: uids of two Martlets rarely meet, and where they do
// their sandboxes still cannot see each other.
static uint32_t first_uid(const char *instance) {
    uint32_t hash = 2166136261u;
    for (; *instance; instance++) hash = (hash ^ (unsigned char)*instance) * 16777619u;
    return 2000000000u + hash % 16384 * UIDS;
}

static void prepare_process(void) {
    sys_close_range(ML_DATA_DESCRIPTOR + 1, ~0u);
    clearenv();
    umask(022);
    // It ends when its socket closes, and not before: whoever stops a service signals all its processes at once, and
    // Martlet still needs its sandboxes then to stop in order.
    for (size_t i = 0; i < IGNORED_SIGNAL_COUNT; i++) signal(ignored_signals[i], SIG_IGN);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        // Less than twenty for each sandbox. Only root may have more than it was given.
        struct rlimit more = {DESCRIPTORS, DESCRIPTORS};
        limit.rlim_cur = limit.rlim_max;
        if (limit.rlim_max >= DESCRIPTORS || setrlimit(RLIMIT_NOFILE, &more) < 0) (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    // See program.c: no core handler of the host's for what runs in a sandbox.
    struct rlimit core = {1, 1};
    (void)setrlimit(RLIMIT_CORE, &core);
}

static void handle(const void *bytes, size_t size) {
    struct ml_header header;
    memcpy(&header, bytes, sizeof header);
    static struct spawn_request request;
    const char *problem;
    if (header.kind == ML_SPECIALISE) {
        if (message_parse_specialise(bytes, size, &request, &problem))
            sandboxes_specialise(header.request, header.sandbox, &request);
        else
            message_answer(header.request, header.sandbox, ML_INVALID_MESSAGE, problem);
        message_forget();
        return;
    }
    if (header.kind != ML_SPAWN) {
        sandboxes_handle(&header, (const char *)bytes + sizeof header, size - sizeof header);
        return;
    }
    if (!message_parse_spawn(bytes, size, &request, &problem)) {
        message_answer(header.request, 0, ML_INVALID_MESSAGE, problem);
    } else if (!usable) {
        message_answer(header.request, 0, ML_FAILED, "functions cannot run on this machine; martlet doctor says why");
    } else if (disk && !tmpdisks_has(request.storage_mib) && waiting_add(bytes, size, request.storage_mib)) {
        // Whatever was wrong before is tried again.
        if (waiting_count(request.storage_mib) == 1) (void)tmpdisks_failure(request.storage_mib);
        tmpdisks_order(request.storage_mib, waiting_count(request.storage_mib));
    } else {
        sandboxes_spawn(header.request, &request);
    }
    message_forget();
}

// SPAWNs that waited for a disk that is there now, or never will be.
static void handle_waiting(void) {
    unsigned passed[8];
    int count = 0;
    for (unsigned mib; count < 8 && (mib = waiting_first(passed, count)) != 0;) {
        int failure = tmpdisks_failure(mib);
        if (failure == 0 && !tmpdisks_has(mib)) {
            tmpdisks_order(mib, waiting_count(mib));
            passed[count++] = mib;
            continue;
        }
        size_t size = waiting_take(mib, buffer, sizeof buffer);
        struct ml_header header;
        memcpy(&header, buffer, sizeof header);
        if (failure != 0)
            message_refuse(header.request, 0, "/tmp", failure);
        else
            handle(buffer, size);
        explicit_bzero(buffer, size);
    }
}

// One message from Martlet. false: there will be no more.
static bool receive(void) {
    ssize_t size = ml_receive(ML_SOCKET_DESCRIPTOR, buffer, sizeof buffer, NULL, NULL, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return true;
    if (size <= 0 && errno != EMSGSIZE) return false;
    if (size < 0 || !message_is_sound(buffer, (size_t)size)) {
        // There is no request to answer: whoever sends this is no Martlet of ours.
        complain("got a message that it cannot understand");
        return false;
    }
    handle(buffer, (size_t)size);
    explicit_bzero(buffer, (size_t)size);
    return true;
}

static void serve(int poll) {
    struct epoll_event events[EVENTS];
    unsigned interest = EPOLLIN;
    for (;;) {
        if (!messages_flush()) return;
        unsigned wanted = (messages_wait() ? EPOLLOUT : 0u) | (messages_are_full() ? 0u : EPOLLIN);
        if (wanted != interest) {
            struct epoll_event event = {.events = wanted, .data.u64 = SOCKET_TAG};
            if (epoll_ctl(poll, EPOLL_CTL_MOD, ML_SOCKET_DESCRIPTOR, &event) < 0) return;
            interest = wanted;
        }
        int wait = sandboxes_tend();
        const int waits[] = {disk ? tmpdisks_order(0, 0) : -1, zygotes_tend(), gateway_tend()};
        for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
            if (waits[i] >= 0 && (wait < 0 || waits[i] < wait)) wait = waits[i];
        int count = epoll_wait(poll, events, EVENTS, wait);
        if (count < 0 && errno != EINTR) return;
        for (int i = 0; i < count; i++) {
            if (events[i].data.u64 != SOCKET_TAG) {
                if (tmpdisks_event(events[i].data.u64))
                    handle_waiting();
                else if (!zygotes_event(events[i].data.u64) && !gateway_event(events[i].data.u64))
                    sandboxes_event(events[i].data.u64);
            } else if (events[i].events & EPOLLIN) {
                if (!receive()) return;
            } else if (events[i].events & (EPOLLHUP | EPOLLERR)) {
                return;
            }
        }
    }
}

// Martlet may have been killed and started again at once: its launcher of before cleans up and ends, now that nobody is
// at the other end of its socket. What is asked of this one waits in the socket meanwhile.
// false: this takes too long, or nobody waits any more.
static bool wait_for_predecessor(void) {
    struct pollfd other_end = {.fd = ML_SOCKET_DESCRIPTOR};
    return predecessor_rounds-- > 0 && poll(&other_end, 1, PREDECESSOR_PAUSE_MILLISECONDS) <= 0;
}

int main(int count, char **arguments) {
    struct options options;
    if (!parse_options(count, arguments, &options)) return 64;
    prepare_process();
    uint32_t uid = first_uid(options.instance);
    enum privilege privilege = privilege_enter(uid, UIDS);
    // Secrets pass through here.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    handover_open();
    messages_open(ML_SOCKET_DESCRIPTOR);
    if (privilege != PRIVILEGE_NONE && paths_open(&options, ML_DATA_DESCRIPTOR) < 0) return 1;
    if (seccomp_prepare(uid + 1, uid + ML_SANDBOXES_MAX) < 0) return 1;
    predecessor_rounds = options.patience * 1000 / PREDECESSOR_PAUSE_MILLISECONDS;
    if (cgroup_open(options.instance, wait_for_predecessor) < 0) {
        complain("another launcher serves this data folder");
        return 1;
    }
    int poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = SOCKET_TAG};
    if (poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, ML_SOCKET_DESCRIPTOR, &event) < 0) return 1;

    usable = privilege != PRIVILEGE_NONE && rootfs_open(privilege == PRIVILEGE_ROOT) == 0;
    disk = usable && privilege == PRIVILEGE_ROOT && tmpdisk_open(paths_data());
    const struct gateway_settings gateway = {&options, privilege == PRIVILEGE_ROOT, uid, poll, GATEWAY_TAG};
    const struct sandboxes_settings settings = {
        .privileged = privilege == PRIVILEGE_ROOT,
        .disk = disk,
        .internet = usable && gateway_start(&gateway) && gateway_works(),
        .first_uid = uid,
        .poll = poll,
    };
    sandboxes_open(&settings);
    if (privilege == PRIVILEGE_ROOT && usable) zygotes_open(poll, ZYGOTES_TAG, uid + ML_SANDBOXES_MAX + 1);
    findings_send(privilege, &settings, usable);
    if (messages_flush()) {
        // While Martlet opens its database.
        if (disk) {
            tmpdisk_prepare(DEFAULT_STORAGE_MIB);
            tmpdisks_open(poll, DISKS_TAG);
            tmpdisks_order(DEFAULT_STORAGE_MIB, 0);
        }
        if (usable && rootfs_template(NULL, 0) < 0) complain("cannot make a root: %s", strerror(errno));
        serve(poll);
    }
    tmpdisks_close();
    zygotes_close();
    sandboxes_end();
    gateway_stop();
    cgroup_close();
    return 0;
}
