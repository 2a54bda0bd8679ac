#include "system.h"
#include "gateway_flow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway_policy.h"

enum { BUFFER = 32768, INSIDE = 0, OUTSIDE = 1 };

// What was read from one side and waits for the other.
struct pipe {
    size_t start, end;
    bool finished;  // the side that is read has said its last
    bool closed;    // and the other has been told
    unsigned char bytes[BUFFER];
};

struct side {
    struct watched watched;
    struct flow *flow;
    int socket;
    uint32_t interest;
};

struct flow {
    struct side side[2];
    struct pipe from[2];
    bool connecting;
    int poll;
    void *owner;
    struct flow *next;
};

void *flow_owner(const struct flow *flow) { return flow->owner; }
struct flow **flow_next(struct flow *flow) { return &flow->next; }
struct flow *flow_of(struct watched *watched) { return ((struct side *)(void *)watched)->flow; }

static void reset(int socket_) {
    struct linger at_once = {.l_onoff = 1};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(socket_);
}

// A connection to where the function wanted to go. -1: it may not, or there is no way.
static int connect_outside(int inside) {
    struct sockaddr_in target;
    socklen_t size = sizeof target;
    if (getsockopt(inside, SOL_IP, SO_ORIGINAL_DST, &target, &size) < 0 || target.sin_family != AF_INET) return -1;
    if (!gateway_may_reach(ntohl(target.sin_addr.s_addr))) return -1;
    int outside = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (outside < 0) return -1;
    if (connect(outside, (struct sockaddr *)&target, sizeof target) < 0 && errno != EINPROGRESS) {
        close(outside);
        return -1;
    }
    return outside;
}

// What each side is watched for: reading while there is room for it, writing while something waits for it.
static bool watch(struct flow *flow) {
    for (int i = 0; i < 2; i++) {
        struct side *side = &flow->side[i];
        const struct pipe *in = &flow->from[i], *out = &flow->from[1 - i];
        uint32_t interest = 0;
        if (!flow->connecting && !in->finished && in->end < BUFFER) interest |= EPOLLIN;
        if (out->end > out->start || (flow->connecting && i == OUTSIDE)) interest |= EPOLLOUT;
        if (interest == side->interest) continue;
        struct epoll_event event = {.events = interest, .data.ptr = side};
        if (epoll_ctl(flow->poll, EPOLL_CTL_MOD, side->socket, &event) < 0) return false;
        side->interest = interest;
    }
    return true;
}

struct flow *flow_open(int poll, int inside, void *owner) {
    int outside = connect_outside(inside);
    struct flow *flow = outside < 0 ? NULL : calloc(1, sizeof *flow);
    if (!flow) {
        reset(inside);
        close_if_open(&outside);
        return NULL;
    }
    flow->poll = poll;
    flow->owner = owner;
    flow->connecting = true;
    int sockets[2] = {inside, outside}, one = 1;
    for (int i = 0; i < 2; i++) {
        struct side *side = &flow->side[i];
        *side = (struct side){{i == INSIDE ? WATCHED_INSIDE : WATCHED_OUTSIDE}, flow, sockets[i], 0};
        setsockopt(sockets[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(sockets[i], SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
        struct epoll_event event = {.events = 0, .data.ptr = side};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, sockets[i], &event) < 0) {
            flow_close(flow);
            return NULL;
        }
    }
    if (!watch(flow)) {
        flow_close(flow);
        return NULL;
    }
    return flow;
}

// Reads into the pipe and writes out of it, as far as both go. false: broken.
static bool pump(struct flow *flow, int from) {
    struct pipe *pipe = &flow->from[from];
    int source = flow->side[from].socket, target = flow->side[1 - from].socket;
    if (!pipe->finished && pipe->end < BUFFER) {
        ssize_t size = recv(source, pipe->bytes + pipe->end, BUFFER - pipe->end, 0);
        if (size == 0) pipe->finished = true;
        if (size < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (size > 0) pipe->end += (size_t)size;
    }
    if (pipe->end > pipe->start) {
        ssize_t size = send(target, pipe->bytes + pipe->start, pipe->end - pipe->start, MSG_NOSIGNAL);
        if (size < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (size > 0) pipe->start += (size_t)size;
        if (pipe->start == pipe->end) pipe->start = pipe->end = 0;
    }
    if (pipe->finished && pipe->end == pipe->start && !pipe->closed) {
        shutdown(target, SHUT_WR);
        pipe->closed = true;
    }
    return true;
}

bool flow_event(struct flow *flow, enum watched_kind side, uint32_t events) {
    if (flow->connecting) {
        int error = 0;
        socklen_t size = sizeof error;
        if (side == WATCHED_INSIDE) return !(events & (EPOLLERR | EPOLLHUP));
        if (getsockopt(flow->side[OUTSIDE].socket, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0) return false;
        flow->connecting = false;
    } else if (events & EPOLLERR) {
        return false;
    }
    if (!pump(flow, INSIDE) || !pump(flow, OUTSIDE)) return false;
    if (flow->from[INSIDE].closed && flow->from[OUTSIDE].closed) return false;
    return watch(flow);
}

void flow_close(struct flow *flow) {
    bool orderly = flow->from[INSIDE].closed && flow->from[OUTSIDE].closed;
    for (int i = 0; i < 2; i++) {
        // What one side broke off is broken off at the other.
        if (orderly)
            close(flow->side[i].socket);
        else
            reset(flow->side[i].socket);
    }
    free(flow);
}
