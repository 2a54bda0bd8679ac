#include "system.h"
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 128 };

int network_loopback(void) {
    int socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return -1;
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    int result = ioctl(socket_, SIOCSIFFLAGS, &request);
    int error = errno;
    close(socket_);
    errno = error;
    return result;
}

static int bound(int type, uint16_t port) {
    int result = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (result < 0) return -1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(result, (struct sockaddr *)&address, sizeof address) == 0) {
        if (type != SOCK_STREAM || listen(result, BACKLOG) == 0) return result;
    }
    int error = errno;
    close(result);
    errno = error;
    return -1;
}

int network_listen(uint16_t port) { return bound(SOCK_STREAM, port); }

int network_datagrams(uint16_t port) { return bound(SOCK_DGRAM, port); }

uint16_t network_port(int listener) {
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    return getsockname(listener, (struct sockaddr *)&address, &size) < 0 ? 0 : ntohs(address.sin_port);
}
