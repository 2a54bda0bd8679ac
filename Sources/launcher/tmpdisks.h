#pragma once

// The stock of disks for /tmp. Making and undoing one waits for the host's disk several times, so processes of their own
// do it, and the launcher never waits. How many are made ahead follows what was taken lately.

#include <stdbool.h>
#include <stdint.h>

// After tmpdisk_open. `poll` watches the makers, whose events have tags from `tag` on.
void tmpdisks_open(int poll, uint64_t tag);
// Whether an event is one of a maker's, which is dealt with then.
bool tmpdisks_event(uint64_t tag);
// Whether tmpdisks_take would not wait.
bool tmpdisks_has(unsigned mib);
// A disk, as tmpdisk_make.
int tmpdisks_take(unsigned mib);
// Has disks made: some ahead, and as many more of this size as are waited for (0: none). Milliseconds until it wants to
// be called again; -1: not at all.
int tmpdisks_order(unsigned mib, int waiting);
// The errno with which one of this size could not be made, once; 0: none.
int tmpdisks_failure(unsigned mib);
// Ends the makers.
void tmpdisks_close(void);
