// One message per packet, descriptors beside it.
#define _GNU_SOURCE
#include "CLauncherProtocol.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * ML_DESCRIPTORS_MAX)];
};

int ml_send(int socket, const void *message, size_t size, const int *descriptors, int count, int flags) {
    struct iovec part = {.iov_base = (void *)message, .iov_len = size};
    struct msghdr head = {.msg_iov = &part, .msg_iovlen = 1};
    union control control;
    if (count < 0 || count > ML_DESCRIPTORS_MAX) {
        errno = EINVAL;
        return -1;
    }
    if (count > 0) {
        memset(&control, 0, sizeof control);
        head.msg_control = control.bytes;
        head.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&head);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(rights), descriptors, sizeof(int) * (size_t)count);
    }
    ssize_t sent;
    do
        sent = sendmsg(socket, &head, flags | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}

ssize_t ml_receive(int socket, void *message, size_t capacity, int *descriptors, int *count, int flags) {
    struct iovec part = {.iov_base = message, .iov_len = capacity};
    union control control;
    struct msghdr head = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptors) {
        head.msg_control = control.bytes;
        head.msg_controllen = sizeof control.bytes;
    }
    ssize_t size;
    do
        size = recvmsg(socket, &head, flags | MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    if (count) *count = 0;
    if (size < 0) return -1;
    int received = 0;
    if (descriptors) {
        for (struct cmsghdr *rights = CMSG_FIRSTHDR(&head); rights; rights = CMSG_NXTHDR(&head, rights)) {
            if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) continue;
            int here = (int)((rights->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            for (int i = 0; i < here; i++) {
                int descriptor;
                memcpy(&descriptor, CMSG_DATA(rights) + sizeof(int) * (size_t)i, sizeof descriptor);
                if (received < ML_DESCRIPTORS_MAX)
                    descriptors[received++] = descriptor;
                else
                    close(descriptor);
            }
        }
    }
    // Descriptors that do not fit are closed by the kernel when no space was offered for them.
    if (head.msg_flags & MSG_TRUNC) {
        for (int i = 0; i < received; i++) close(descriptors[i]);
        errno = EMSGSIZE;
        return -1;
    }
    if (count) *count = received;
    return size;
}

int ml_pair(int ends[2]) {
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return -1;
    int size = 4 * ML_MESSAGE_MAX;
    for (int i = 0; i < 2; i++) {
        // Past the system's limit with privilege; without it the default already holds one message.
        if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
            (void)setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    }
    return 0;
}
