#include "CEpoll.h"

#include <stddef.h>
#include <sys/epoll.h>

enum { AT_ONCE = 64 };

int ce_open(void) { return epoll_create1(EPOLL_CLOEXEC); }

int ce_add(int epoll, int descriptor, uint64_t ticket) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u64 = ticket};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int ce_remove(int epoll, int descriptor) { return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL); }

int ce_wait(int epoll, uint64_t *tickets, int capacity) {
    struct epoll_event events[AT_ONCE];
    int count = epoll_wait(epoll, events, capacity < AT_ONCE ? capacity : AT_ONCE, -1);
    for (int i = 0; i < count; i++) tickets[i] = events[i].data.u64;
    return count;
}
