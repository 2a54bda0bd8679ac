#pragma once

// Building netlink messages: just enough for routes and one nftables rule, so that no `ip` or `nft` is needed at run
// time.

#include <stddef.h>
#include <stdint.h>

struct netlink {
    int socket;
    uint32_t sequence;
    uint32_t awaited;  // the message whose answer ends the batch
    size_t used;
    unsigned char bytes[8192];
    unsigned char *message;  // the header of the message that is being built
};

// 0, or -1 with errno.
int netlink_open(struct netlink *netlink, int protocol);
void netlink_close(struct netlink *netlink);
// Begins a message with a fixed part after the header. `acknowledge`: the kernel is asked to answer.
void netlink_begin(struct netlink *netlink, uint16_t type, uint16_t flags, const void *fixed, size_t size);
void netlink_put(struct netlink *netlink, uint16_t type, const void *value, size_t size);
void netlink_put_text(struct netlink *netlink, uint16_t type, const char *text);
void netlink_put_big_endian(struct netlink *netlink, uint16_t type, uint32_t value);
// Attributes within an attribute.
size_t netlink_nest(struct netlink *netlink, uint16_t type);
void netlink_unnest(struct netlink *netlink, size_t place);
// Sends what was built and waits for an acknowledgement of each message that asked for one. 0, or -1 with errno.
int netlink_send(struct netlink *netlink);
