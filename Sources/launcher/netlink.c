#include "system.h"
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int netlink_open(struct netlink *netlink, int protocol) {
    memset(netlink, 0, sizeof *netlink);
    netlink->socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    return netlink->socket < 0 ? -1 : 0;
}

void netlink_close(struct netlink *netlink) { close_if_open(&netlink->socket); }

static void *extend(struct netlink *netlink, size_t size) {
    size_t aligned = NLMSG_ALIGN(size);
    if (aligned > sizeof netlink->bytes - netlink->used) return NULL;
    void *place = netlink->bytes + netlink->used;
    memset(place, 0, aligned);
    netlink->used += aligned;
    if (netlink->message) {
        struct nlmsghdr *header = (struct nlmsghdr *)(void *)netlink->message;
        header->nlmsg_len = (uint32_t)(netlink->bytes + netlink->used - netlink->message);
    }
    return place;
}

void netlink_begin(struct netlink *netlink, uint16_t type, uint16_t flags, const void *fixed, size_t size) {
    netlink->message = NULL;
    struct nlmsghdr *header = extend(netlink, sizeof *header);
    if (!header) return;
    netlink->message = (unsigned char *)header;
    header->nlmsg_len = sizeof *header;
    header->nlmsg_type = type;
    header->nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST);
    header->nlmsg_seq = ++netlink->sequence;
    if (flags & NLM_F_ACK) netlink->awaited++;
    void *body = extend(netlink, size);
    if (body) memcpy(body, fixed, size);
}

void netlink_put(struct netlink *netlink, uint16_t type, const void *value, size_t size) {
    struct nlattr *attribute = extend(netlink, NLA_HDRLEN + size);
    if (!attribute) return;
    attribute->nla_type = type;
    attribute->nla_len = (uint16_t)(NLA_HDRLEN + size);
    memcpy((unsigned char *)attribute + NLA_HDRLEN, value, size);
}

void netlink_put_text(struct netlink *netlink, uint16_t type, const char *text) {
    netlink_put(netlink, type, text, strlen(text) + 1);
}

void netlink_put_big_endian(struct netlink *netlink, uint16_t type, uint32_t value) {
    value = htonl(value);
    netlink_put(netlink, type, &value, sizeof value);
}

size_t netlink_nest(struct netlink *netlink, uint16_t type) {
    size_t place = netlink->used;
    netlink_put(netlink, type | NLA_F_NESTED, "", 0);
    return place;
}

void netlink_unnest(struct netlink *netlink, size_t place) {
    if (place + NLA_HDRLEN > sizeof netlink->bytes) return;
    struct nlattr *attribute = (struct nlattr *)(void *)(netlink->bytes + place);
    attribute->nla_len = (uint16_t)(netlink->used - place);
}

int netlink_send(struct netlink *netlink) {
    uint32_t awaited = netlink->awaited;
    if (send(netlink->socket, netlink->bytes, netlink->used, 0) < 0) return -1;
    netlink->used = 0;
    netlink->awaited = 0;
    netlink->message = NULL;
    while (awaited > 0) {
        unsigned char answer[8192] __attribute__((aligned(8)));
        ssize_t size = recv(netlink->socket, answer, sizeof answer, 0);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return -1;
        struct nlmsghdr *header = (struct nlmsghdr *)(void *)answer;
        for (unsigned left = (unsigned)size; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
            if (header->nlmsg_type != NLMSG_ERROR) continue;
            struct nlmsgerr *error = NLMSG_DATA(header);
            if (error->error != 0) {
                errno = -error->error;
                return -1;
            }
            awaited--;
        }
    }
    return 0;
}
