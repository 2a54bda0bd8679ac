#pragma once

// Questions for names by TCP: one connection of a sandbox to its port 53. What is not answered here goes to the host's
// name server by a connection of its own.

#include <stdbool.h>

#include "gateway_flow.h"
#include "gateway_resolver.h"

struct stream;

// Takes an accepted connection. NULL: it has been closed.
struct stream *stream_open(int poll, int inside, struct asker *asker, void *owner);
void *stream_owner(const struct stream *stream);
struct stream *stream_of(struct watched *watched);
// Moves what can be moved. false: it is over; close it.
bool stream_event(struct stream *stream, enum watched_kind side);
void stream_close(struct stream *stream);
// A list of streams, as its owner keeps it.
struct stream **stream_next(struct stream *stream);
