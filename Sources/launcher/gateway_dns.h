#pragma once

// The name server of a sandbox: UDP on 127.0.0.1:53. Names of the platform and of AWS are 127.0.0.1, where the platform
// listens; other names are the host's name server's to answer, if the function has the internet.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DNS_MESSAGE_MAX = 4096 };

enum dns_verdict {
    DNS_ANSWERED,  // the answer is in `answer`
    DNS_FORWARD,   // not for us to answer
    DNS_IGNORED,   // not a query
};

// Looks at a query. `refuse`: answers for what would be forwarded that the server has failed.
enum dns_verdict dns_answer(const unsigned char *query, size_t size, bool refuse, unsigned char *answer,
                            size_t *answer_size);
