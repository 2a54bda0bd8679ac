#include "system.h"
#include "gateway_resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

// Questions on their way, by slot. When all are taken the oldest is given up, and of an asker that has many its own
// oldest; who asked asks again.
enum { QUESTIONS_MAX = 1024, QUESTIONS_OF_ONE_MAX = 64 };
static struct question {
    struct asker *asker;  // NULL: a free slot
    uint64_t what;
    uint16_t sent_id;
    uint16_t asked_id;
    unsigned server;
    struct sockaddr_in from;
} questions[QUESTIONS_MAX];
static unsigned next_question;

static struct {
    struct sockaddr_storage address;
    socklen_t size;
    int socket;
} servers[NAME_SERVERS_MAX];
static unsigned server_count;
static const char *const *domains;
static size_t domain_count;

static void add_server(const void *address, size_t size) {
    if (server_count == NAME_SERVERS_MAX) return;
    memcpy(&servers[server_count].address, address, size);
    servers[server_count].size = (socklen_t)size;
    servers[server_count++].socket = -1;
}

void resolver_find(const char *const *own_domains, size_t count) {
    domains = own_domains;
    domain_count = count;
    char text[4096];
    // Often a link to another folder.
    int file = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
    close_if_open(&file);
    if (size < 0) return;
    text[size] = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char address[128];
        if (sscanf(line, " nameserver %127s", address) != 1) continue;
        struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(CNS_PORT)};
        struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(CNS_PORT)};
        if (inet_pton(AF_INET, address, &four.sin_addr) == 1) add_server(&four, sizeof four);
        if (inet_pton(AF_INET6, address, &six.sin6_addr) == 1) add_server(&six, sizeof six);
    }
}

static int open_to(unsigned server, int type) {
    int result = socket(servers[server].address.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (result < 0) return -1;
    // Who asks does not wait for long: three seconds for a connection.
    int tries = 1;
    if (type == SOCK_STREAM) (void)setsockopt(result, IPPROTO_TCP, TCP_SYNCNT, &tries, sizeof tries);
    const struct sockaddr *address = (const struct sockaddr *)&servers[server].address;
    if (connect(result, address, servers[server].size) < 0 && errno != EINPROGRESS) close_if_open(&result);
    return result;
}

int resolver_open(int sockets[NAME_SERVERS_MAX]) {
    for (unsigned i = 0; i < server_count; i++) sockets[i] = servers[i].socket = open_to(i, SOCK_DGRAM);
    return (int)server_count;
}

int resolver_connect(const struct asker *asker) { return server_count == 0 ? -1 : open_to(asker->server, SOCK_STREAM); }

void resolver_turn(struct asker *asker) {
    if (server_count > 0) asker->server = (asker->server + 1) % server_count;
}

struct cns_policy resolver_policy(const struct asker *asker) {
    return (struct cns_policy){
        .others = !asker->internet    ? CNS_OTHERS_UNKNOWN
                  : server_count == 0 ? CNS_OTHERS_FAIL
                                      : CNS_OTHERS_FORWARD,
        .domains = domains,
        .domain_count = domain_count,
    };
}

static void forget(struct question *question) {
    if (question->asker) question->asker->open--;
    question->asker = NULL;
}

// A slot for a question, and whether it is asked once more.
static struct question *slot_for(const struct asker *asker, uint16_t asked_id, uint64_t what, bool *again) {
    *again = false;
    struct question *oldest = NULL;
    // From the oldest on.
    for (unsigned i = 0; i < QUESTIONS_MAX && asker->open > 0; i++) {
        struct question *question = &questions[(next_question + i) % QUESTIONS_MAX];
        if (question->asker != asker) continue;
        if (!oldest) oldest = question;
        if (question->asked_id != asked_id || question->what != what) continue;
        *again = true;
        return question;
    }
    if (asker->open >= QUESTIONS_OF_ONE_MAX) return oldest;
    return &questions[next_question++ % QUESTIONS_MAX];
}

static void forward(struct asker *asker, unsigned char *query, size_t size, const struct sockaddr_in *from) {
    uint16_t sent_id, asked_id;
    // Not to be guessed by who would answer in the name server's place.
    if (getrandom(&sent_id, sizeof sent_id, 0) != (ssize_t)sizeof sent_id) return;
    memcpy(&asked_id, query, 2);
    uint64_t what = cns_question(query, size);
    bool again;
    struct question *question = slot_for(asker, asked_id, what, &again);
    // No answer so far: perhaps another server has one.
    if (again) resolver_turn(asker);
    forget(question);
    *question = (struct question){
        .asker = asker, .what = what, .sent_id = sent_id, .asked_id = asked_id, .server = asker->server, .from = *from};
    asker->open++;
    memcpy(query, &sent_id, 2);
    if (send(servers[asker->server].socket, query, size, MSG_NOSIGNAL) < 0) resolver_turn(asker);
}

void resolver_ask(struct asker *asker) {
    static unsigned char query[CNS_QUERY_MAX + 1], answer[CNS_ANSWER_MAX];
    struct sockaddr_in from;
    socklen_t from_size = sizeof from;
    size_t answer_size;
    ssize_t size = recvfrom(asker->socket, query, sizeof query, 0, (struct sockaddr *)&from, &from_size);
    if (size <= 0 || from_size != sizeof from) return;
    const struct cns_policy policy = resolver_policy(asker);
    switch (cns_look(query, (size_t)size, &policy, answer, &answer_size)) {
    case CNS_ANSWER:
        (void)sendto(asker->socket, answer, answer_size, MSG_NOSIGNAL, (struct sockaddr *)&from, sizeof from);
        return;
    case CNS_FORWARD:
        forward(asker, query, (size_t)size, &from);
        return;
    case CNS_DROP:
        return;
    }
}

void resolver_return(int server) {
    static unsigned char answer[CNS_QUERY_MAX];
    ssize_t whole = recv(servers[server].socket, answer, sizeof answer, MSG_TRUNC);
    if (whole < CNS_HEADER) return;
    size_t size = (size_t)whole;
    if (size > sizeof answer && (size = cns_truncate(answer, sizeof answer)) == 0) return;
    uint16_t id;
    memcpy(&id, answer, 2);
    uint64_t what = cns_question(answer, size);
    for (int i = 0; i < QUESTIONS_MAX; i++) {
        struct question *question = &questions[i];
        if (!question->asker || question->sent_id != id || question->server != (unsigned)server) continue;
        // A server that fails may leave the question out.
        if (what != 0 && question->what != what) continue;
        memcpy(answer, &question->asked_id, 2);
        (void)sendto(question->asker->socket, answer, size, MSG_NOSIGNAL, (struct sockaddr *)&question->from,
                     sizeof question->from);
        forget(question);
        return;
    }
}

void resolver_forget(const struct asker *asker) {
    for (int i = 0; i < QUESTIONS_MAX; i++)
        if (questions[i].asker == asker) forget(&questions[i]);
}
