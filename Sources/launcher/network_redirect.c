#include "system.h"
#include "network_redirect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "gateway_policy.h"
#include "netlink.h"

enum { LOOPBACK_INDEX = 1 };

static void put_route(struct netlink *netlink, uint32_t network, unsigned char bits, unsigned char type) {
    struct rtmsg route = {
        .rtm_family = AF_INET,
        .rtm_dst_len = bits,
        .rtm_table = RT_TABLE_MAIN,
        .rtm_protocol = RTPROT_BOOT,
        .rtm_type = type,
    };
    route.rtm_scope = type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
    netlink_begin(netlink, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_ACK, &route, sizeof route);
    if (bits > 0) netlink_put_big_endian(netlink, RTA_DST, network);
    if (type != RTN_LOCAL) return;
    uint32_t interface = LOOPBACK_INDEX;
    netlink_put(netlink, RTA_OIF, &interface, sizeof interface);
    netlink_put_big_endian(netlink, RTA_PREFSRC, INADDR_LOOPBACK);
}

// Every address is local, so that what leaves comes back to the redirection; except those that are out of reach.
static int add_routes(void) {
    struct netlink netlink;
    if (netlink_open(&netlink, NETLINK_ROUTE) < 0) return -1;
    put_route(&netlink, 0, 0, RTN_LOCAL);
    for (size_t i = 0; i < closed_network_count; i++) {
        const struct closed_network *closed = &closed_networks[i];
        // Loopback is the sandbox's own.
        if (closed->network >> 24 != 127) put_route(&netlink, closed->network, closed->bits, RTN_UNREACHABLE);
    }
    int result = netlink_send(&netlink);
    int error = errno;
    netlink_close(&netlink);
    errno = error;
    return result;
}

static void begin(struct netlink *netlink, uint16_t type, uint16_t flags) {
    struct nfgenmsg family = {.nfgen_family = NFPROTO_IPV4, .version = NFNETLINK_V0};
    uint16_t full_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
    netlink_begin(netlink, full_type, (uint16_t)(flags | NLM_F_ACK), &family, sizeof family);
}

static void batch(struct netlink *netlink, uint16_t type) {
    struct nfgenmsg family = {
        .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES)};
    netlink_begin(netlink, type, 0, &family, sizeof family);
}

static size_t expression(struct netlink *netlink, const char *name, size_t *element) {
    *element = netlink_nest(netlink, NFTA_LIST_ELEM);
    netlink_put_text(netlink, NFTA_EXPR_NAME, name);
    return netlink_nest(netlink, NFTA_EXPR_DATA);
}

static void end_expression(struct netlink *netlink, size_t data, size_t element) {
    netlink_unnest(netlink, data);
    netlink_unnest(netlink, element);
}

// Register 1 (equals | differs from) a byte.
static void compare(struct netlink *netlink, uint32_t operation, unsigned char byte) {
    size_t element, data = expression(netlink, "cmp", &element);
    netlink_put_big_endian(netlink, NFTA_CMP_SREG, NFT_REG_1);
    netlink_put_big_endian(netlink, NFTA_CMP_OP, operation);
    size_t value = netlink_nest(netlink, NFTA_CMP_DATA);
    netlink_put(netlink, NFTA_DATA_VALUE, &byte, 1);
    netlink_unnest(netlink, value);
    end_expression(netlink, data, element);
}

// meta l4proto tcp, ip daddr != 127.0.0.0/8: redirect to :port
static void put_rule(struct netlink *netlink, uint16_t port) {
    enum { DESTINATION_OFFSET = 16 };
    size_t element, data;
    size_t rule = netlink_nest(netlink, NFTA_RULE_EXPRESSIONS);

    data = expression(netlink, "meta", &element);
    netlink_put_big_endian(netlink, NFTA_META_DREG, NFT_REG_1);
    netlink_put_big_endian(netlink, NFTA_META_KEY, NFT_META_L4PROTO);
    end_expression(netlink, data, element);
    compare(netlink, NFT_CMP_EQ, IPPROTO_TCP);

    data = expression(netlink, "payload", &element);
    netlink_put_big_endian(netlink, NFTA_PAYLOAD_DREG, NFT_REG_1);
    netlink_put_big_endian(netlink, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
    netlink_put_big_endian(netlink, NFTA_PAYLOAD_OFFSET, DESTINATION_OFFSET);
    netlink_put_big_endian(netlink, NFTA_PAYLOAD_LEN, 1);
    end_expression(netlink, data, element);
    compare(netlink, NFT_CMP_NEQ, 127);

    uint16_t network_port = htons(port);
    data = expression(netlink, "immediate", &element);
    netlink_put_big_endian(netlink, NFTA_IMMEDIATE_DREG, NFT_REG_1);
    size_t value = netlink_nest(netlink, NFTA_IMMEDIATE_DATA);
    netlink_put(netlink, NFTA_DATA_VALUE, &network_port, sizeof network_port);
    netlink_unnest(netlink, value);
    end_expression(netlink, data, element);

    data = expression(netlink, "redir", &element);
    netlink_put_big_endian(netlink, NFTA_REDIR_REG_PROTO_MIN, NFT_REG_1);
    end_expression(netlink, data, element);

    netlink_unnest(netlink, rule);
}

static int add_rule(uint16_t port) {
    static const char table[] = "martlet", chain[] = "out";
    enum { BEFORE_FILTERS = -100 };
    struct netlink netlink;
    if (netlink_open(&netlink, NETLINK_NETFILTER) < 0) return -1;
    batch(&netlink, NFNL_MSG_BATCH_BEGIN);
    begin(&netlink, NFT_MSG_NEWTABLE, NLM_F_CREATE);
    netlink_put_text(&netlink, NFTA_TABLE_NAME, table);
    begin(&netlink, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
    netlink_put_text(&netlink, NFTA_CHAIN_TABLE, table);
    netlink_put_text(&netlink, NFTA_CHAIN_NAME, chain);
    netlink_put_text(&netlink, NFTA_CHAIN_TYPE, "nat");
    size_t hook = netlink_nest(&netlink, NFTA_CHAIN_HOOK);
    netlink_put_big_endian(&netlink, NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_OUT);
    netlink_put_big_endian(&netlink, NFTA_HOOK_PRIORITY, (uint32_t)BEFORE_FILTERS);
    netlink_unnest(&netlink, hook);
    netlink_put_big_endian(&netlink, NFTA_CHAIN_POLICY, NF_ACCEPT);
    begin(&netlink, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    netlink_put_text(&netlink, NFTA_RULE_TABLE, table);
    netlink_put_text(&netlink, NFTA_RULE_CHAIN, chain);
    put_rule(&netlink, port);
    batch(&netlink, NFNL_MSG_BATCH_END);
    int result = netlink_send(&netlink);
    int error = errno;
    netlink_close(&netlink);
    errno = error;
    return result;
}

int network_redirect(uint16_t gateway_port) {
    if (add_routes() < 0) return -1;
    return add_rule(gateway_port);
}
