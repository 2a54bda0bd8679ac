#include "system.h"
#include "gateway_dns.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum { HEADER = 12, TYPE_A = 1, TYPE_AAAA = 28, TYPE_ANY = 255, CLASS_IN = 1, SERVER_FAILURE = 2, TTL = 60 };

static uint16_t number_at(const unsigned char *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }

static void put_number(unsigned char *bytes, uint16_t number) {
    bytes[0] = (unsigned char)(number >> 8);
    bytes[1] = (unsigned char)number;
}

// The question's name as text, and where it ends. false: none, or one that is not written out.
static bool read_name(const unsigned char *query, size_t size, char name[256], size_t *end) {
    size_t at = HEADER, length = 0;
    while (at < size && query[at] != 0) {
        size_t label = query[at++];
        if (label > 63 || label > size - at || length + label + 1 > 254) return false;
        for (size_t i = 0; i < label; i++) {
            char letter = (char)query[at + i];
            // A dot within a label, or a NUL, would make another name of it.
            if (letter == '.' || letter == 0) return false;
            name[length++] = letter;
        }
        name[length++] = '.';
        at += label;
    }
    if (at >= size || length == 0) return false;
    name[length - 1] = 0;
    *end = at + 1;
    return true;
}

static bool is_below(const char *name, const char *domain) {
    size_t length = strlen(name), wanted = strlen(domain);
    if (length < wanted || strcasecmp(name + length - wanted, domain) != 0) return false;
    return length == wanted || name[length - wanted - 1] == '.';
}

// Where SDKs and people expect AWS: the platform.
static bool is_platform(const char *name) {
    static const char *const domains[] = {
        "localhost", "localhost.localstack.cloud", "amazonaws.com", "amazonaws.com.cn", "api.aws", "on.aws"};
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
        if (is_below(name, domains[i])) return true;
    return false;
}

enum dns_verdict dns_answer(const unsigned char *query, size_t size, bool refuse, unsigned char *answer,
                            size_t *answer_size) {
    char name[256];
    size_t end;
    // A query, of the usual kind, with one question.
    if (size < HEADER || size > DNS_MESSAGE_MAX) return DNS_IGNORED;
    if ((query[2] & 0xf8) != 0 || number_at(query + 4) != 1) return DNS_IGNORED;
    if (!read_name(query, size, name, &end) || size - end < 4) return DNS_IGNORED;
    uint16_t type = number_at(query + end), class = number_at(query + end + 2);
    bool platform = class == CLASS_IN && is_platform(name);
    if (!platform && !refuse) return DNS_FORWARD;

    size_t question = end + 4;
    memcpy(answer, query, question);
    answer[2] = (unsigned char)(0x80 | (query[2] & 0x01) | (platform ? 0x04 : 0));
    answer[3] = (unsigned char)(0x80 | (platform ? 0 : SERVER_FAILURE));
    bool has_address = platform && (type == TYPE_A || type == TYPE_ANY);
    put_number(answer + 6, has_address);
    put_number(answer + 8, 0);
    put_number(answer + 10, 0);
    *answer_size = question;
    // Other types of a platform's name: it exists, without such a record.
    if (!has_address) return DNS_ANSWERED;
    static const unsigned char record[] = {0xc0, HEADER, 0, TYPE_A, 0, CLASS_IN, 0, 0, 0, TTL, 0, 4, 127, 0, 0, 1};
    memcpy(answer + question, record, sizeof record);
    *answer_size += sizeof record;
    return DNS_ANSWERED;
}
