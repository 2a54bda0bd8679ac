#pragma once

// The names of sandboxes: answers their questions, or forwards them to the host's name servers and the answers back.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CNameServer.h"

enum { NAME_SERVERS_MAX = 3 };

// Who asks: a sandbox.
struct asker {
    int socket;       // UDP, port 53; -1: none
    bool internet;
    unsigned server;  // which of the host's name servers it asks
    unsigned open;    // questions that wait
};

// Reads the host's resolv.conf. Before the process gives up its files. `domains` are the platform's, beside the
// built-in ones; they stay the caller's.
void resolver_find(const char *const *domains, size_t count);
// Opens a socket to each of the host's name servers, at which its answers arrive. Their number.
int resolver_open(int sockets[NAME_SERVERS_MAX]);
// What is answered here, and what not.
struct cns_policy resolver_policy(const struct asker *asker);
// A question came in on the asker's socket: answers it, or sends it on.
void resolver_ask(struct asker *asker);
// An answer came from a name server.
void resolver_return(int server);
// A TCP connection to the asker's name server, that is being made. -1: with errno.
int resolver_connect(const struct asker *asker);
// It did not lead anywhere: the next one, next time.
void resolver_turn(struct asker *asker);
// The asker is gone.
void resolver_forget(const struct asker *asker);
