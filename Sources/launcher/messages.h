#pragma once

// The launcher's side of the socket: hostile bytes in, answers out.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CLauncherProtocol.h"

// A SPAWN, checked: strings are NUL-terminated and live in the message's arena.
struct spawn_request {
    char *name;
    char *working_directory;
    char *code;  // relative to the data folder; NULL: none
    char *arguments[ML_ARGUMENTS_MAX + 1];
    char *environment[ML_ENVIRONMENT_MAX + 1];
    struct {
        char *host;
        char *inside;
        enum ml_bind_origin origin;
    } binds[ML_BINDS_MAX];
    int bind_count;
    uint16_t ports[ML_PORTS_MAX];
    int port_count;
    unsigned memory_mib;
    unsigned storage_mib;
    bool internet;
    bool supervised;
    bool stem;
    bool before_exec;  // a stem that takes its arguments later
    bool forked;       // a stem whose program may come from a zygote
};

// The whole message's size agrees with its header.
bool message_is_sound(const void *bytes, size_t size);
// The same for a SPECIALISE, which fills what it has of a request.
bool message_parse_specialise(const void *bytes, size_t size, struct spawn_request *request, const char **problem);
// false: not a valid SPAWN; `problem` says what is wrong. Call message_forget when done with it.
bool message_parse_spawn(const void *bytes, size_t size, struct spawn_request *request, const char **problem);
// Overwrites the strings of the last request: other sandboxes are born from this process's memory.
void message_forget(void);

void messages_open(int socket);
// Answers with what could not be done and why, as an errno.
void message_refuse(uint64_t request, uint64_t sandbox, const char *stage, int error);
// Queues an answer, and sends what can be sent. Takes the descriptors: they are closed when sent.
void message_send(enum ml_kind kind, enum ml_status status, uint64_t request, uint64_t sandbox, const void *body,
                  size_t size, const int *descriptors, int count);
void message_answer(uint64_t request, uint64_t sandbox, enum ml_status status, const char *text);
// Sends what is queued. false: the other end is gone.
bool messages_flush(void);
// Whether something waits to be sent; and whether it is so much that no more should be read.
bool messages_wait(void);
bool messages_are_full(void);
