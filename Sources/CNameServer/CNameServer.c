#include "CNameServer.h"

#include <string.h>

enum {
    TYPE_A = 1, TYPE_OPT = 41, TYPE_IXFR = 251, TYPE_AXFR = 252, TYPE_ANY = 255, CLASS_IN = 1,
    NO_ERROR = 0, FORMAT_ERROR = 1, SERVER_FAILURE = 2, NO_SUCH_NAME = 3, NOT_IMPLEMENTED = 4, REFUSED = 5,
    BAD_VERSION = 16,
    NAME_MAX_ = 255, LABEL_MAX = 63, LABELS_MAX = 128, TTL = 60, OPT_SIZE = 11,
    // What we take by UDP, as EDNS tells.
    UDP_SIZE = 1232,
};

static const char *const built_in[] = {
    "localhost", "localhost.localstack.cloud", "amazonaws.com", "amazonaws.com.cn", "api.aws", "on.aws"};

// A query, read. Offsets into the message.
struct query {
    uint8_t label[LABELS_MAX];
    size_t labels;
    size_t end;  // of the question
    uint16_t type, class;
    bool edns, dnssec;
    unsigned version;
};

static uint16_t number_at(const unsigned char *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }

static void put_number(unsigned char *bytes, unsigned number) {
    bytes[0] = (unsigned char)(number >> 8);
    bytes[1] = (unsigned char)number;
}

static unsigned char lower(unsigned char letter) { return letter >= 'A' && letter <= 'Z' ? letter + 32 : letter; }

// The question: one name, written out. A name in a question has nothing before it that it could point to.
static bool read_question(const unsigned char *message, size_t size, struct query *query) {
    size_t at = CNS_HEADER;
    query->labels = 0;
    for (;;) {
        if (at >= size) return false;
        size_t length = message[at];
        if (length == 0) break;
        if (length > LABEL_MAX || length >= size - at || query->labels == LABELS_MAX) return false;
        // Label, and the empty one at the end.
        if (at + 1 + length + 1 - CNS_HEADER > NAME_MAX_) return false;
        query->label[query->labels++] = (uint8_t)(at - CNS_HEADER);
        at += 1 + length;
    }
    at++;
    if (size - at < 4) return false;
    query->type = number_at(message + at);
    query->class = number_at(message + at + 2);
    query->end = at + 4;
    return true;
}

// Past a record's name, which may end in a pointer. 0: it does not end.
static size_t skip_name(const unsigned char *message, size_t size, size_t at) {
    while (at < size) {
        size_t length = message[at];
        if (length == 0) return at + 1;
        if (length >= 0xc0) return size - at >= 2 ? at + 2 : 0;
        if (length > LABEL_MAX || length >= size - at) return 0;
        at += 1 + length;
    }
    return 0;
}

// What comes after the question: EDNS at most once, perhaps a signature. Queries have no answers.
static bool read_rest(const unsigned char *message, size_t size, struct query *query) {
    if (number_at(message + 6) != 0 || number_at(message + 8) != 0) return false;
    size_t at = query->end;
    for (unsigned left = number_at(message + 10); left > 0; left--) {
        size_t name = at;
        at = skip_name(message, size, at);
        if (at == 0 || size - at < 10) return false;
        uint16_t type = number_at(message + at), length = number_at(message + at + 8);
        if (type == TYPE_OPT) {
            if (query->edns || message[name] != 0) return false;
            query->edns = true;
            query->version = message[at + 5];
            query->dnssec = message[at + 6] & 0x80;
        }
        at += 10;
        if (length > size - at) return false;
        at += length;
    }
    return true;
}

// Whether the last labels of the name are those of a domain.
static bool is_below(const unsigned char *message, const struct query *query, const char *domain) {
    size_t wanted = 1;
    for (const char *letter = domain; *letter; letter++) wanted += *letter == '.';
    if (query->labels < wanted) return false;
    for (size_t i = query->labels - wanted; i < query->labels; i++) {
        const unsigned char *label = message + CNS_HEADER + query->label[i];
        const char *end = strchr(domain, '.');
        size_t length = end ? (size_t)(end - domain) : strlen(domain);
        if (*label != length) return false;
        for (size_t k = 0; k < length; k++)
            if (lower(label[1 + k]) != lower((unsigned char)domain[k])) return false;
        domain += length + (end != NULL);
    }
    return true;
}

static bool is_platform(const unsigned char *message, const struct query *query, const struct cns_policy *policy) {
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
        if (is_below(message, query, built_in[i])) return true;
    for (size_t i = 0; i < policy->domain_count; i++)
        if (is_below(message, query, policy->domains[i])) return true;
    return false;
}

// The header, without anything behind it.
static size_t put_header(const unsigned char *query, unsigned code, bool authoritative, unsigned char *answer) {
    memcpy(answer, query, 2);
    // An answer; the same operation; recursion as desired. Then: recursion is available, checking as disabled as asked.
    answer[2] = (unsigned char)(0x80 | (query[2] & 0x79) | (authoritative ? 0x04 : 0));
    answer[3] = (unsigned char)(0x80 | (query[3] & 0x10) | (code & 0x0f));
    memset(answer + 4, 0, 8);
    return CNS_HEADER;
}

static size_t put_answer(const unsigned char *message, const struct query *query, unsigned code, bool address,
                         bool authoritative, unsigned char *answer) {
    put_header(message, code, authoritative, answer);
    size_t size = query->end;
    memcpy(answer + CNS_HEADER, message + CNS_HEADER, size - CNS_HEADER);
    put_number(answer + 4, 1);
    if (address) {
        static const unsigned char record[] = {
            0xc0, CNS_HEADER, 0, TYPE_A, 0, CLASS_IN, 0, 0, 0, TTL, 0, 4, 127, 0, 0, 1};
        memcpy(answer + size, record, sizeof record);
        put_number(answer + 6, 1);
        size += sizeof record;
    }
    if (query->edns) {
        unsigned char *option = answer + size;
        memset(option, 0, OPT_SIZE);
        put_number(option + 1, TYPE_OPT);
        put_number(option + 3, UDP_SIZE);
        option[5] = (unsigned char)(code >> 4);
        option[7] = query->dnssec ? 0x80 : 0;
        put_number(answer + 10, 1);
        size += OPT_SIZE;
    }
    return size;
}

enum cns_verdict cns_look(const unsigned char *message, size_t size, const struct cns_policy *policy,
                          unsigned char answer[CNS_ANSWER_MAX], size_t *answer_size) {
    struct query query = {.labels = 0};
    if (size < CNS_HEADER || (message[2] & 0x80) != 0) return CNS_DROP;
    if ((message[2] & 0x78) != 0) {
        *answer_size = put_header(message, NOT_IMPLEMENTED, false, answer);
        return CNS_ANSWER;
    }
    if (size > CNS_QUERY_MAX || number_at(message + 4) != 1 || !read_question(message, size, &query) ||
        !read_rest(message, size, &query)) {
        *answer_size = put_header(message, FORMAT_ERROR, false, answer);
        return CNS_ANSWER;
    }
    unsigned code = NO_ERROR;
    bool platform = false, address = false;
    if (query.edns && query.version > 0) {
        code = BAD_VERSION;
    } else if (query.class != CLASS_IN || query.type == TYPE_AXFR || query.type == TYPE_IXFR) {
        // Whole zones, and what a server tells about itself.
        code = REFUSED;
    } else if (is_platform(message, &query, policy)) {
        // Other types of such a name: it exists, without such a record.
        platform = true;
        address = query.type == TYPE_A || query.type == TYPE_ANY;
    } else {
        switch (policy->others) {
        case CNS_OTHERS_FORWARD:
            return CNS_FORWARD;
        case CNS_OTHERS_UNKNOWN:
            code = NO_SUCH_NAME;
            break;
        case CNS_OTHERS_FAIL:
            code = SERVER_FAILURE;
            break;
        }
    }
    *answer_size = put_answer(message, &query, code, address, platform, answer);
    return CNS_ANSWER;
}

size_t cns_fail(const unsigned char *message, size_t size, unsigned char answer[CNS_ANSWER_MAX]) {
    struct query query = {.labels = 0};
    if (size < CNS_HEADER || (message[2] & 0x80) != 0) return 0;
    if (!read_question(message, size, &query) || !read_rest(message, size, &query))
        return put_header(message, SERVER_FAILURE, false, answer);
    return put_answer(message, &query, SERVER_FAILURE, false, false, answer);
}

uint64_t cns_question(const unsigned char *message, size_t size) {
    struct query query;
    if (size < CNS_HEADER || number_at(message + 4) != 1 || !read_question(message, size, &query)) return 0;
    // FNV-1a. Lengths of labels are below the letters.
    uint64_t hash = 14695981039346656037u;
    for (size_t i = CNS_HEADER; i < query.end; i++) {
        bool name = i < query.end - 4;
        hash = (hash ^ (name ? lower(message[i]) : message[i])) * 1099511628211u;
    }
    return hash ? hash : 1;
}

size_t cns_truncate(unsigned char *message, size_t size) {
    struct query query;
    if (size < CNS_HEADER || (message[2] & 0x80) == 0 || number_at(message + 4) != 1 ||
        !read_question(message, size, &query))
        return 0;
    message[2] |= 0x02;
    memset(message + 6, 0, 6);
    return query.end;
}

bool cns_is_domain(const char *name) {
    size_t length = strlen(name), label = 0;
    if (length == 0 || length > 253) return false;
    for (; *name; name++) {
        unsigned char letter = lower((unsigned char)*name);
        if (letter == '.') {
            if (label == 0) return false;
            label = 0;
            continue;
        }
        bool good = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
        if (!good || ++label > LABEL_MAX) return false;
    }
    return label > 0;
}
