#include "system.h"
#include "gateway_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDRESS(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

// IANA's special-purpose addresses that are not globally reachable, and multicast. Documentation networks are left
// open: nobody routes them, and tests stand there for the internet.
const struct closed_network closed_networks[] = {
    {ADDRESS(0, 0, 0, 0), 8},        // this network
    {ADDRESS(10, 0, 0, 0), 8},       // private
    {ADDRESS(100, 64, 0, 0), 10},    // carrier-grade NAT; some clouds keep metadata there
    {ADDRESS(127, 0, 0, 0), 8},      // loopback
    {ADDRESS(169, 254, 0, 0), 16},   // link-local: 169.254.169.254 is the cloud's metadata service
    {ADDRESS(172, 16, 0, 0), 12},    // private
    {ADDRESS(192, 0, 0, 0), 24},     // protocol assignments; 192.0.0.192 is metadata on some clouds
    {ADDRESS(192, 168, 0, 0), 16},   // private
    {ADDRESS(198, 18, 0, 0), 15},    // benchmarking
    {ADDRESS(168, 63, 129, 16), 32}, // a cloud's host agent, on a public address
    {ADDRESS(224, 0, 0, 0), 4},      // multicast
    {ADDRESS(240, 0, 0, 0), 4},      // reserved, and broadcast
};
const size_t closed_network_count = sizeof closed_networks / sizeof *closed_networks;

// To one of the host's own addresses the kernel goes from that same address.
static bool is_own(uint32_t address) {
    int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return true;
    struct sockaddr_in target = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(address)}, own;
    socklen_t size = sizeof own;
    bool result = false;
    // Not even a route: the connection will fail by itself.
    if (connect(probe, (struct sockaddr *)&target, sizeof target) == 0)
        result = getsockname(probe, (struct sockaddr *)&own, &size) < 0 ||
                 own.sin_addr.s_addr == target.sin_addr.s_addr;
    close(probe);
    return result;
}

bool gateway_may_reach(uint32_t address) {
    for (size_t i = 0; i < closed_network_count; i++) {
        uint32_t mask = ~(uint32_t)0 << (32 - closed_networks[i].bits);
        if ((address & mask) == closed_networks[i].network) return false;
    }
    return !is_own(address);
}
