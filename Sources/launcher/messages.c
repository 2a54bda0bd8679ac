#include "system.h"
#include "messages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "paths.h"

// Every string of a request gets a NUL: at most one byte more for its four bytes of length.
static char arena[ML_MESSAGE_MAX];
static size_t arena_used;

struct cursor {
    const unsigned char *at;
    size_t left;
};

bool message_is_sound(const void *bytes, size_t size) {
    struct ml_header header;
    if (size < sizeof header) return false;
    memcpy(&header, bytes, sizeof header);
    return header.size == size;
}

// The next string, copied into the arena; NULL: none there, too long, or with a NUL inside.
static char *next_string(struct cursor *cursor, size_t longest) {
    uint32_t length;
    if (cursor->left < sizeof length) return NULL;
    memcpy(&length, cursor->at, sizeof length);
    cursor->at += sizeof length;
    cursor->left -= sizeof length;
    if (length > cursor->left || length > longest || length >= sizeof arena - arena_used) return NULL;
    if (memchr(cursor->at, 0, length)) return NULL;
    char *string = arena + arena_used;
    memcpy(string, cursor->at, length);
    string[length] = 0;
    arena_used += length + 1;
    cursor->at += length;
    cursor->left -= length;
    return string;
}

static bool is_name(const char *name) {
    if (!*name) return false;
    for (; *name; name++) {
        bool letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z');
        if (!letter && !(*name >= '0' && *name <= '9') && *name != '-') return false;
    }
    return true;
}

static const char *problem_with_limits(const struct ml_spawn *fixed) {
    if (fixed->memory_mib < ML_MEMORY_MIN_MIB || fixed->memory_mib > ML_MEMORY_MAX_MIB) return "memory out of range";
    if (fixed->storage_mib < 1 || fixed->storage_mib > ML_STORAGE_MAX_MIB) return "temporary storage out of range";
    const uint32_t known = ML_NETWORK_INTERNET | ML_STEM | ML_STEM_BEFORE_EXEC | ML_SUPERVISED | ML_STEM_FORKED;
    if (fixed->flags & ~known) return "unknown flags";
    if ((fixed->flags & ML_SUPERVISED) && (fixed->flags & ML_STEM)) return "flags that make no sense";
    if ((fixed->flags & (ML_STEM_BEFORE_EXEC | ML_STEM_FORKED)) && !(fixed->flags & ML_STEM))
        return "flags that make no sense";
    if ((fixed->flags & ML_STEM_BEFORE_EXEC) && (fixed->flags & ML_STEM_FORKED)) return "flags that make no sense";
    if (fixed->arguments < 1 || fixed->arguments > ML_ARGUMENTS_MAX) return "no command, or too many arguments";
    if (fixed->environment > ML_ENVIRONMENT_MAX) return "too many environment variables";
    if (fixed->binds > ML_BINDS_MAX) return "too many binds";
    if (fixed->ports > ML_PORTS_MAX) return "too many ports";
    if ((fixed->flags & ML_SUPERVISED) && fixed->ports < 1) return "supervised, but no port";
    for (int i = 0; i < fixed->ports; i++) {
        if (fixed->port[i] == 0) return "port out of range";
        for (int j = 0; j < i; j++)
            if (fixed->port[j] == fixed->port[i]) return "the same port twice";
    }
    return NULL;
}

static const char *parse_strings(struct cursor *cursor, const struct ml_spawn *fixed, struct spawn_request *request) {
    request->name = next_string(cursor, ML_NAME_MAX);
    if (!request->name || !is_name(request->name)) return "the name is not letters, digits and -, at most 64";
    request->working_directory = next_string(cursor, ML_PATH_MAX - 1);
    if (!request->working_directory || request->working_directory[0] != '/')
        return "the working directory is no absolute path";
    request->code = next_string(cursor, ML_PATH_MAX - 1);
    if (!request->code) return "the code folder's path is too long";
    if (!*request->code) request->code = NULL;
    if (request->code && (fixed->flags & ML_STEM)) return "a stem with code";
    for (int i = 0; i < fixed->arguments; i++)
        if (!(request->arguments[i] = next_string(cursor, ML_MESSAGE_MAX))) return "bad arguments";
    if (request->arguments[0][0] != '/') return "the command is no absolute path";
    for (int i = 0; i < fixed->environment; i++) {
        request->environment[i] = next_string(cursor, ML_MESSAGE_MAX);
        if (!request->environment[i] || !strchr(request->environment[i], '=')) return "bad environment";
    }
    for (int i = 0; i < fixed->binds; i++) {
        request->binds[i].host = next_string(cursor, ML_PATH_MAX - 1);
        request->binds[i].inside = next_string(cursor, ML_PATH_MAX - 1);
        if (!request->binds[i].host || !request->binds[i].inside) return "bad binds";
        if (!paths_may_carry(request->binds[i].inside)) return "a bind at a place that is the sandbox's own";
        if (fixed->bind_origin[i] > ML_ORIGIN_DATA) return "a bind from an unknown origin";
        request->binds[i].origin = fixed->bind_origin[i];
    }
    return cursor->left == 0 ? NULL : "bytes after the end";
}

bool message_parse_spawn(const void *bytes, size_t size, struct spawn_request *request, const char **problem) {
    struct ml_spawn fixed;
    struct cursor cursor = {(const unsigned char *)bytes + sizeof(struct ml_header), size - sizeof(struct ml_header)};
    memset(request, 0, sizeof *request);
    *problem = "the message is too short";
    if (cursor.left < sizeof fixed) return false;
    memcpy(&fixed, cursor.at, sizeof fixed);
    cursor.at += sizeof fixed;
    cursor.left -= sizeof fixed;
    if ((*problem = problem_with_limits(&fixed))) return false;
    if ((*problem = parse_strings(&cursor, &fixed, request))) return false;
    memcpy(request->ports, fixed.port, sizeof request->ports);
    request->bind_count = fixed.binds;
    request->port_count = fixed.ports;
    request->memory_mib = fixed.memory_mib;
    request->storage_mib = fixed.storage_mib;
    request->internet = fixed.flags & ML_NETWORK_INTERNET;
    request->supervised = fixed.flags & ML_SUPERVISED;
    request->stem = fixed.flags & ML_STEM;
    request->before_exec = fixed.flags & ML_STEM_BEFORE_EXEC;
    request->forked = fixed.flags & ML_STEM_FORKED;
    return true;
}

static const char *parse_special_strings(struct cursor *cursor, const struct ml_specialise *fixed,
                                         struct spawn_request *request) {
    request->code = next_string(cursor, ML_PATH_MAX - 1);
    if (!request->code || !*request->code) return "no code folder, or its path is too long";
    for (int i = 0; i < fixed->arguments; i++)
        if (!(request->arguments[i] = next_string(cursor, ML_MESSAGE_MAX))) return "bad arguments";
    if (fixed->arguments && request->arguments[0][0] != '/') return "the command is no absolute path";
    for (int i = 0; i < fixed->environment; i++) {
        request->environment[i] = next_string(cursor, ML_MESSAGE_MAX);
        if (!request->environment[i] || !strchr(request->environment[i], '=')) return "bad environment";
    }
    for (int i = 0; i < fixed->binds; i++) {
        request->binds[i].host = next_string(cursor, ML_PATH_MAX - 1);
        request->binds[i].inside = next_string(cursor, ML_PATH_MAX - 1);
        if (!request->binds[i].host || !request->binds[i].inside) return "bad binds";
        if (!paths_may_carry(request->binds[i].inside)) return "a bind at a place that is the sandbox's own";
        request->binds[i].origin = ML_ORIGIN_DATA;
    }
    return cursor->left == 0 ? NULL : "bytes after the end";
}

bool message_parse_specialise(const void *bytes, size_t size, struct spawn_request *request, const char **problem) {
    struct ml_specialise fixed;
    struct cursor cursor = {(const unsigned char *)bytes + sizeof(struct ml_header), size - sizeof(struct ml_header)};
    memset(request, 0, sizeof *request);
    *problem = "the message is too short";
    if (cursor.left < sizeof fixed) return false;
    memcpy(&fixed, cursor.at, sizeof fixed);
    cursor.at += sizeof fixed;
    cursor.left -= sizeof fixed;
    *problem = "a number out of range";
    if (fixed.memory_mib < ML_MEMORY_MIN_MIB || fixed.memory_mib > ML_MEMORY_MAX_MIB) return false;
    if (fixed.arguments > ML_ARGUMENTS_MAX || fixed.environment > ML_ENVIRONMENT_MAX) return false;
    if (fixed.binds > ML_BINDS_MAX) return false;
    if ((*problem = parse_special_strings(&cursor, &fixed, request))) return false;
    request->bind_count = fixed.binds;
    request->memory_mib = fixed.memory_mib;
    return true;
}

void message_forget(void) {
    explicit_bzero(arena, arena_used);
    arena_used = 0;
}

// Answers wait here while the socket is full.
struct outgoing {
    struct outgoing *next;
    size_t size;
    int descriptors[ML_DESCRIPTORS_MAX];
    int count;
    unsigned char bytes[];
};

enum { QUEUE_MAX = 1024 };
static int channel = -1;
static struct outgoing *first, **end = &first;
static int queued;

void messages_open(int socket) { channel = socket; }

void message_send(enum ml_kind kind, enum ml_status status, uint64_t request, uint64_t sandbox, const void *body,
                  size_t size, const int *descriptors, int count) {
    struct ml_header header = {
        .size = (uint32_t)(sizeof header + size),
        .kind = (uint16_t)kind,
        .status = (uint16_t)status,
        .request = request,
        .sandbox = sandbox,
    };
    struct outgoing *message = calloc(1, sizeof *message + header.size);
    if (!message) {
        // Without an answer Martlet would wait for ever: end instead, which it notices.
        complain("is out of memory");
        exit(1);
    }
    message->size = header.size;
    message->count = count;
    memcpy(message->bytes, &header, sizeof header);
    if (size) memcpy(message->bytes + sizeof header, body, size);
    for (int i = 0; i < count; i++) message->descriptors[i] = descriptors[i];
    *end = message;
    end = &message->next;
    queued++;
}

void message_answer(uint64_t request, uint64_t sandbox, enum ml_status status, const char *text) {
    message_send(ML_ANSWER, status, request, sandbox, text, text ? strlen(text) : 0, NULL, 0);
}

static enum ml_status status_of(int error, bool exec) {
    if (exec && (error == ENOENT || error == EACCES || error == ENOEXEC || error == ENOTDIR || error == ELOOP ||
                 error == EINVAL || error == EISDIR || error == ELIBBAD))
        return ML_INVALID_ENTRYPOINT;
    if (error == ENOMEM || error == EAGAIN || error == ENOSPC || error == EMFILE || error == ENFILE || error == EDQUOT)
        return ML_EXHAUSTED;
    return ML_FAILED;
}

void message_refuse(uint64_t request, uint64_t number, const char *stage, int error) {
    char text[256];
    snprintf(text, sizeof text, "%s: %s", stage, strerror(error));
    message_answer(request, number, status_of(error, strcmp(stage, "exec") == 0), text);
}

bool messages_flush(void) {
    while (first) {
        struct outgoing *message = first;
        if (ml_send(channel, message->bytes, message->size, message->descriptors, message->count, MSG_DONTWAIT) < 0)
            return errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS;
        for (int i = 0; i < message->count; i++) close(message->descriptors[i]);
        first = message->next;
        if (!first) end = &first;
        queued--;
        free(message);
    }
    return true;
}

bool messages_wait(void) { return first != NULL; }

bool messages_are_full(void) { return queued >= QUEUE_MAX; }
