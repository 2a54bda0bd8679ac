#pragma once

// SPAWNs that wait for a disk for their /tmp.

#include <stdbool.h>
#include <stddef.h>

// Keeps a copy of the message. false: too many wait already, or there is no memory.
bool waiting_add(const void *message, size_t size, unsigned mib);
// How many wait for a disk of this size.
int waiting_count(unsigned mib);
// The size of the disk that the first one waits for, passing over those in `skip`; 0: nobody waits.
unsigned waiting_first(const unsigned *skip, int skipped);
// Copies the first message that waits for this size, and forgets it. Its length; 0: none.
size_t waiting_take(unsigned mib, void *buffer, size_t capacity);
