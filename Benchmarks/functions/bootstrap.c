// A custom runtime that echoes: one connection to the Runtime API, no library but the standard one. With PRINT set it
// prints a line for each invocation.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define PREFIX "/2018-06-01/runtime/invocation/"

static char buffer[1 << 20];
static size_t filled;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void send_all(int connection, const char *data, size_t length) {
    while (length > 0) {
        ssize_t sent = write(connection, data, length);
        if (sent <= 0) fail("write");
        data += sent;
        length -= (size_t)sent;
    }
}

// Reads one response to the start of the buffer. Returns the length of its head; *body is the length of its body.
static size_t receive(int connection, size_t *body) {
    for (;;) {
        buffer[filled] = 0;
        char *end = strstr(buffer, "\r\n\r\n");
        if (end) {
            size_t head = (size_t)(end + 4 - buffer);
            char *length = strcasestr(buffer, "\r\ncontent-length:");
            *body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
            if (filled >= head + *body) return head;
        }
        if (filled >= sizeof buffer - 1) exit(1);
        ssize_t got = read(connection, buffer + filled, sizeof buffer - 1 - filled);
        if (got <= 0) exit(0);
        filled += (size_t)got;
    }
}

static void drop(size_t length) {
    memmove(buffer, buffer + length, filled - length);
    filled -= length;
}

int main(void) {
    const char *api = getenv("AWS_LAMBDA_RUNTIME_API");
    char host[64];
    int port;
    if (!api || sscanf(api, "%63[^:]:%d", host, &port) != 2) return 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) return 1;
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection, (struct sockaddr *)&address, sizeof address)) fail("connect");

    static char answer[1 << 20];
    static const char line[] = "one line of the log, as functions print it\n";
    const char *prints = getenv("PRINT");
    for (;;) {
        static const char next[] = "GET " PREFIX "next HTTP/1.1\r\nHost: runtime\r\n\r\n";
        send_all(connection, next, sizeof next - 1);
        size_t body, head = receive(connection, &body);
        char id[64] = "";
        char *header = strcasestr(buffer, "lambda-runtime-aws-request-id:");
        if (!header || sscanf(header + 30, " %63[^\r]", id) != 1) return 1;
        if (prints && write(1, line, sizeof line - 1) < 0) return 1;
        int length = snprintf(answer, 512, "POST " PREFIX "%s/response HTTP/1.1\r\nHost: runtime\r\nContent-Length: %zu\r\n\r\n", id, body);
        if (body > sizeof answer - (size_t)length) return 1;
        memcpy(answer + length, buffer + head, body);
        drop(head + body);
        send_all(connection, answer, (size_t)length + body);
        head = receive(connection, &body);
        drop(head + body);
    }
}
