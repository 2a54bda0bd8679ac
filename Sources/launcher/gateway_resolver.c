#include "system.h"
#include "gateway_resolver.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway_dns.h"

// Questions on their way, by slot. When all are taken the oldest is given up; its asker asks again.
enum { QUESTIONS_MAX = 1024 };
static struct question {
    bool used;
    uint16_t sent_id;
    uint16_t asked_id;
    uint64_t sandbox;
    int socket;
    struct sockaddr_in asker;
} questions[QUESTIONS_MAX];
static unsigned next_question;
static struct sockaddr_storage server;
static socklen_t server_size;
static int upstream = -1;

void resolver_find(void) {
    char text[4096];
    if (read_at(AT_FDCWD, "/etc/resolv.conf", text, sizeof text) < 0) {
        // Often a link to another folder.
        int file = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
        ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
        close_if_open(&file);
        if (size < 0) return;
        text[size] = 0;
    }
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char address[128];
        if (sscanf(line, " nameserver %127s", address) != 1) continue;
        struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(53)};
        struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
        if (inet_pton(AF_INET, address, &four.sin_addr) == 1) {
            memcpy(&server, &four, sizeof four);
            server_size = sizeof four;
            return;
        }
        if (inet_pton(AF_INET6, address, &six.sin6_addr) == 1) {
            memcpy(&server, &six, sizeof six);
            server_size = sizeof six;
            return;
        }
    }
}

int resolver_open(void) {
    if (server_size == 0) return -1;
    upstream = socket(server.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (upstream >= 0 && connect(upstream, (struct sockaddr *)&server, server_size) < 0) close_if_open(&upstream);
    return upstream;
}

static void forward(unsigned char *query, size_t size, int socket_, uint64_t sandbox, const struct sockaddr_in *asker) {
    struct question *question = &questions[next_question++ % QUESTIONS_MAX];
    uint16_t id;
    // Not to be guessed by who would answer in the name server's place.
    if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id) return;
    *question = (struct question){.used = true, .sent_id = id, .sandbox = sandbox, .socket = socket_, .asker = *asker};
    memcpy(&question->asked_id, query, 2);
    memcpy(query, &id, 2);
    (void)send(upstream, query, size, MSG_NOSIGNAL);
}

void resolver_ask(int socket_, uint64_t sandbox, bool internet) {
    static unsigned char query[DNS_MESSAGE_MAX + 1], answer[DNS_MESSAGE_MAX + 64];
    struct sockaddr_in asker;
    socklen_t asker_size = sizeof asker;
    size_t answer_size;
    ssize_t size = recvfrom(socket_, query, sizeof query, 0, (struct sockaddr *)&asker, &asker_size);
    if (size <= 0 || asker_size != sizeof asker) return;
    switch (dns_answer(query, (size_t)size, !internet || upstream < 0, answer, &answer_size)) {
    case DNS_ANSWERED:
        (void)sendto(socket_, answer, answer_size, MSG_NOSIGNAL, (struct sockaddr *)&asker, sizeof asker);
        return;
    case DNS_FORWARD:
        forward(query, (size_t)size, socket_, sandbox, &asker);
        return;
    case DNS_IGNORED:
        return;
    }
}

void resolver_return(void) {
    static unsigned char answer[DNS_MESSAGE_MAX];
    ssize_t size = recv(upstream, answer, sizeof answer, 0);
    if (size < 12) return;
    uint16_t id;
    memcpy(&id, answer, 2);
    for (int i = 0; i < QUESTIONS_MAX; i++) {
        struct question *question = &questions[i];
        if (!question->used || question->sent_id != id) continue;
        question->used = false;
        memcpy(answer, &question->asked_id, 2);
        (void)sendto(question->socket, answer, (size_t)size, MSG_NOSIGNAL, (struct sockaddr *)&question->asker,
                     sizeof question->asker);
        return;
    }
}

void resolver_forget(uint64_t sandbox) {
    for (int i = 0; i < QUESTIONS_MAX; i++)
        if (questions[i].sandbox == sandbox) questions[i].used = false;
}
