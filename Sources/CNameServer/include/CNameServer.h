#pragma once

// The name server of a sandbox, as far as it is about messages: what to do with a query, and the answer. No input or
// output, no memory but the caller's. Follows RFC 1035, RFC 6891 (EDNS) and RFC 6761 (localhost).
//
// Names of the platform and of AWS have one address, 127.0.0.1, where the platform listens in every sandbox. Other names
// are another server's to answer.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    // The longest query that is looked at.
    CNS_QUERY_MAX = 4096,
    // The longest answer that is made here: header, question, one record, EDNS. A server without EDNS takes as much.
    CNS_ANSWER_MAX = 512,
    CNS_HEADER = 12,
    CNS_PORT = 53,
};

enum cns_verdict {
    CNS_DROP,     // no query, or not even a header: nothing is answered, so that servers never talk to each other
    CNS_ANSWER,   // the answer is made
    CNS_FORWARD,  // another server's to answer
};

// What happens to names that are not the platform's.
enum cns_others {
    CNS_OTHERS_FORWARD,  // they are another server's
    CNS_OTHERS_UNKNOWN,  // without the internet they do not exist (NXDOMAIN): nobody has to try again
    CNS_OTHERS_FAIL,     // there should be a server to ask, and there is none (SERVFAIL)
};

struct cns_policy {
    enum cns_others others;
    // Names of the platform beside the built-in ones, each with all that is below it: such as `example.test`.
    const char *const *domains;
    size_t domain_count;
};

// Looks at a query. With CNS_ANSWER, `answer` holds `*answer_size` bytes.
enum cns_verdict cns_look(const unsigned char *query, size_t size, const struct cns_policy *policy,
                          unsigned char answer[CNS_ANSWER_MAX], size_t *answer_size);

// Answers a query that cns_look would forward, where that cannot be done: SERVFAIL. The answer's size; 0: not a query.
size_t cns_fail(const unsigned char *query, size_t size, unsigned char answer[CNS_ANSWER_MAX]);

// A fingerprint of the question, in which letters are alike in either case: an answer has its question's. 0: none.
uint64_t cns_question(const unsigned char *message, size_t size);

// Cuts an answer that was too long to be received whole down to its question, and marks it as truncated. The size; 0:
// it is no sound answer.
size_t cns_truncate(unsigned char *message, size_t size);

// Whether a domain may stand in a policy: labels of letters, digits, - and _, with dots between them.
bool cns_is_domain(const char *name);

#ifdef __cplusplus
}
#endif
