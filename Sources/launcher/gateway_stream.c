#include "system.h"
#include "gateway_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

// A header and the longest question fit into what is kept.
enum { INSIDE = 0, OUTSIDE = 1, PREFIX = 2, KEPT = 300 };

// A connection asks and is answered in turn: what it asks meanwhile waits in its socket.
enum phase {
    ASKED,      // reading a question, as long as its prefix says
    ANSWERING,  // writing an answer of our own
    PASSING,    // writing the question to a name server
    HEARING,    // reading its answer, a piece at a time
    RETURNING,  // and writing that
};

struct stream_side {
    struct watched watched;
    struct stream *stream;
    int socket;
    uint32_t interest;
};

struct stream {
    struct stream_side side[2];
    struct asker *asker;
    void *owner;
    int poll;
    enum phase phase;
    bool heard;   // the server's answer has begun
    size_t left;  // and of it so much is still to be read
    size_t kept;  // of what the server is asked, for the case that it has no answer
    unsigned char question[KEPT];
    size_t start, end;
    unsigned char bytes[PREFIX + CNS_QUERY_MAX];
    struct stream *next;
};

void *stream_owner(const struct stream *stream) { return stream->owner; }
struct stream **stream_next(struct stream *stream) { return &stream->next; }
struct stream *stream_of(struct watched *watched) { return ((struct stream_side *)(void *)watched)->stream; }

static size_t prefix_of(const struct stream *stream) { return (size_t)stream->bytes[0] << 8 | stream->bytes[1]; }

static bool watch(struct stream *stream) {
    static const struct {
        int side;
        uint32_t events;
    } wanted[] = {
        [ASKED] = {INSIDE, EPOLLIN},      [ANSWERING] = {INSIDE, EPOLLOUT},  [PASSING] = {OUTSIDE, EPOLLOUT},
        [HEARING] = {OUTSIDE, EPOLLIN},   [RETURNING] = {INSIDE, EPOLLOUT},
    };
    for (int i = 0; i < 2; i++) {
        struct stream_side *side = &stream->side[i];
        uint32_t interest = wanted[stream->phase].side == i ? wanted[stream->phase].events : 0;
        if (side->socket < 0 || interest == side->interest) continue;
        struct epoll_event event = {.events = interest, .data.ptr = side};
        if (epoll_ctl(stream->poll, EPOLL_CTL_MOD, side->socket, &event) < 0) return false;
        side->interest = interest;
    }
    return true;
}

static bool add(struct stream *stream, int which, int socket_) {
    struct stream_side *side = &stream->side[which];
    *side = (struct stream_side){
        {which == INSIDE ? WATCHED_STREAM_INSIDE : WATCHED_STREAM_OUTSIDE}, stream, socket_, 0};
    struct epoll_event event = {.events = 0, .data.ptr = side};
    return epoll_ctl(stream->poll, EPOLL_CTL_ADD, socket_, &event) == 0;
}

struct stream *stream_open(int poll, int inside, struct asker *asker, void *owner) {
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        close(inside);
        return NULL;
    }
    stream->poll = poll;
    stream->asker = asker;
    stream->owner = owner;
    stream->side[OUTSIDE].socket = -1;
    if (!add(stream, INSIDE, inside) || !watch(stream)) {
        stream_close(stream);
        return NULL;
    }
    return stream;
}

static void turn(struct stream *stream, enum phase phase) {
    stream->phase = phase;
    stream->start = 0;
}

static void ask_again(struct stream *stream) {
    close_if_open(&stream->side[OUTSIDE].socket);
    turn(stream, ASKED);
    stream->end = 0;
}

static void answer(struct stream *stream, const unsigned char *bytes, size_t size) {
    close_if_open(&stream->side[OUTSIDE].socket);
    stream->bytes[0] = (unsigned char)(size >> 8);
    stream->bytes[1] = (unsigned char)size;
    memcpy(stream->bytes + PREFIX, bytes, size);
    stream->end = PREFIX + size;
    turn(stream, ANSWERING);
}

// A failure, to be told.
static bool give_up(struct stream *stream) {
    unsigned char made[CNS_ANSWER_MAX];
    size_t size = cns_fail(stream->question, stream->kept, made);
    resolver_turn(stream->asker);
    if (size > 0) answer(stream, made, size);
    return size > 0;
}

// Without what follows the question.
static void keep_question(struct stream *stream) {
    stream->kept = prefix_of(stream) < KEPT ? prefix_of(stream) : KEPT;
    memcpy(stream->question, stream->bytes + PREFIX, stream->kept);
    memset(stream->question + 6, 0, CNS_HEADER - 6);
}

// The question is whole. false: it is none.
static bool decide(struct stream *stream) {
    unsigned char made[CNS_ANSWER_MAX];
    size_t size = 0;
    const struct cns_policy policy = resolver_policy(stream->asker);
    switch (cns_look(stream->bytes + PREFIX, prefix_of(stream), &policy, made, &size)) {
    case CNS_ANSWER:
        answer(stream, made, size);
        return true;
    case CNS_FORWARD: {
        keep_question(stream);
        stream->heard = false;
        int outside = resolver_connect(stream->asker);
        if (outside >= 0 && add(stream, OUTSIDE, outside)) {
            turn(stream, PASSING);
            return true;
        }
        close_if_open(&outside);
        stream->side[OUTSIDE].socket = -1;
        return give_up(stream);
    }
    case CNS_DROP:
        return false;
    }
    return false;
}

// Reads until there are so many bytes. 1: they are there; 0: later; -1: never.
static int fill(struct stream *stream, int which, size_t wanted) {
    while (stream->end < wanted) {
        ssize_t size = recv(stream->side[which].socket, stream->bytes + stream->end, wanted - stream->end, 0);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno == EAGAIN) return 0;
        if (size <= 0) return -1;
        stream->end += (size_t)size;
    }
    return 1;
}

// Writes everything. As above.
static int drain(struct stream *stream, int which) {
    while (stream->start < stream->end) {
        ssize_t size = send(stream->side[which].socket, stream->bytes + stream->start, stream->end - stream->start,
                            MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno == EAGAIN) return 0;
        if (size < 0) return -1;
        stream->start += (size_t)size;
    }
    return 1;
}

static bool read_question(struct stream *stream) {
    int done = fill(stream, INSIDE, PREFIX);
    if (done > 0 && prefix_of(stream) > CNS_QUERY_MAX) return false;
    if (done > 0) done = fill(stream, INSIDE, PREFIX + prefix_of(stream));
    return done > 0 ? decide(stream) : done == 0;
}

static bool pass(struct stream *stream) {
    int done = drain(stream, OUTSIDE);
    if (done < 0) return give_up(stream);
    if (done > 0) {
        turn(stream, HEARING);
        stream->end = 0;
    }
    return true;
}

static bool hear(struct stream *stream) {
    if (!stream->heard) {
        int done = fill(stream, OUTSIDE, PREFIX + CNS_HEADER);
        if (done == 0) return true;
        // An answer to this question, and not something else that listens there.
        const unsigned char *header = stream->bytes + PREFIX;
        if (done < 0 || prefix_of(stream) < CNS_HEADER || memcmp(header, stream->question, 2) != 0 || !(header[2] & 0x80))
            return give_up(stream);
        stream->left = prefix_of(stream) - CNS_HEADER;
        stream->heard = true;
    }
    size_t room = sizeof stream->bytes - stream->end;
    if (stream->left > 0 && room > 0) {
        ssize_t size = recv(stream->side[OUTSIDE].socket, stream->bytes + stream->end,
                            stream->left < room ? stream->left : room, 0);
        if (size < 0) return errno == EAGAIN || errno == EINTR;
        if (size == 0) return false;
        stream->end += (size_t)size;
        stream->left -= (size_t)size;
    }
    if (stream->left == 0) close_if_open(&stream->side[OUTSIDE].socket);
    turn(stream, RETURNING);
    return true;
}

static bool give_back(struct stream *stream) {
    int done = drain(stream, INSIDE);
    if (done <= 0) return done == 0;
    if (stream->left == 0) {
        ask_again(stream);
    } else {
        turn(stream, HEARING);
        stream->end = 0;
    }
    return true;
}

bool stream_event(struct stream *stream, enum watched_kind side) {
    bool inside = side == WATCHED_STREAM_INSIDE;
    bool good = false;
    switch (stream->phase) {
    case ASKED:
        good = inside && read_question(stream);
        break;
    case ANSWERING:
        good = inside && drain(stream, INSIDE) >= 0;
        if (good && stream->start == stream->end) ask_again(stream);
        break;
    // Whatever is heard of the other side in these is its end.
    case PASSING:
        good = !inside && pass(stream);
        break;
    case HEARING:
        good = !inside && hear(stream);
        break;
    case RETURNING:
        good = inside && give_back(stream);
        break;
    }
    return good && watch(stream);
}

void stream_close(struct stream *stream) {
    for (int i = 0; i < 2; i++) close_if_open(&stream->side[i].socket);
    free(stream);
}
