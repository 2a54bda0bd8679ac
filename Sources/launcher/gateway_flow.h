#pragma once

// One connection of a function to the internet: bytes from either side to the other.

#include <stdbool.h>
#include <stdint.h>

struct flow;

// What epoll's data points to: the first member of everything that is watched.
enum watched_kind {
    WATCHED_CHANNEL,
    WATCHED_LISTENER,
    WATCHED_NAMES,
    WATCHED_STREAMS,
    WATCHED_ANSWERS,
    WATCHED_INSIDE,
    WATCHED_OUTSIDE,
    WATCHED_STREAM_INSIDE,
    WATCHED_STREAM_OUTSIDE,
};
struct watched {
    enum watched_kind kind;
};

// Takes an accepted connection, and goes where it was meant to go. NULL: refused; the connection has been reset.
struct flow *flow_open(int poll, int inside, void *owner);
void *flow_owner(const struct flow *flow);
// The flow that a watched side belongs to.
struct flow *flow_of(struct watched *watched);
// Moves what can be moved. false: it is over; close it.
bool flow_event(struct flow *flow, enum watched_kind side, uint32_t events);
void flow_close(struct flow *flow);
// A list of flows, as its owner keeps it.
struct flow **flow_next(struct flow *flow);
