#pragma once

// Linux's epoll, which Swift's Glibc does not export, as far as it is needed: descriptors that are watched for being
// readable, once each, by a number of the caller's.

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A new epoll descriptor, close-on-exec. -1 with errno.
int ce_open(void);
// Watches a descriptor until it is readable, once. 0, or -1 with errno.
int ce_add(int epoll, int descriptor, uint64_t ticket);
int ce_remove(int epoll, int descriptor);
// Waits for descriptors that are readable. How many tickets there are, at most `capacity`; -1 with errno.
int ce_wait(int epoll, uint64_t *tickets, int capacity);

#ifdef __cplusplus
}
#endif
