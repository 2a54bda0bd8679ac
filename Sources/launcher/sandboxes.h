#pragma once

// The sandboxes that run, from their request to the end of their last process.

#include <stdbool.h>
#include <stdint.h>

#include "messages.h"

struct sandboxes_settings {
    bool privileged;
    bool disk;        // tmpdisk works
    bool internet;    // the gateway works
    uint32_t first_uid;
    int poll;         // the epoll that watches their descriptors
};

void sandboxes_open(const struct sandboxes_settings *settings);
void sandboxes_spawn(uint64_t request, const struct spawn_request *spawn);
void sandboxes_specialise(uint64_t request, uint64_t number, const struct spawn_request *orders);
// Anything but SPAWN and SPECIALISE.
void sandboxes_handle(const struct ml_header *header, const void *body, size_t size);
// What epoll said about one of their descriptors.
void sandboxes_event(uint64_t tag);
// Things that take their time: groups that could not be removed yet, starts that hang. Milliseconds until it wants to
// be called again; -1: not at all.
int sandboxes_tend(void);
// Kills everything and waits until it is gone.
void sandboxes_end(void);
