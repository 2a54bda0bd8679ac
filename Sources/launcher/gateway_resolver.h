#pragma once

// Forwards a sandbox's questions to the host's name server, and its answers back.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr_in;

// Reads the host's resolv.conf. Before the process gives up its files.
void resolver_find(void);
// The socket that answers arrive at, connected to the name server; -1: the host has none.
int resolver_open(void);
// A question came in on a sandbox's socket: answers it, or sends it on.
void resolver_ask(int socket, uint64_t sandbox, bool internet);
// An answer came from the name server.
void resolver_return(void);
// The sandbox's socket is closed.
void resolver_forget(uint64_t sandbox);
