#include "system.h"
#include "supervise.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXTENSIONS_MAX = 32, NAME_SIZE = 256, RUNTIME_INDEX = 255, BLOCK = 16384 };

static const char folder[] = "/opt/extensions";
// What extensions do not get, as on AWS.
static const char *const withheld[] = {
    "AWS_EXECUTION_ENV",       "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS", "LAMBDA_RUNTIME_DIR",        "LAMBDA_TASK_ROOT",           "_AWS_XRAY_DAEMON_ADDRESS",
    "_AWS_XRAY_DAEMON_PORT",   "_HANDLER",                  "_LAMBDA_TELEMETRY_LOG_FD"};

static struct {
    char name[NAME_SIZE];
    pid_t pid;
    int output;
} extensions[EXTENSIONS_MAX];
static int extension_count;
static pid_t runtime;
static int runtime_status;
static int control = -1;

static void send_all(const void *bytes, size_t size) {
    const char *at = bytes;
    while (size > 0) {
        ssize_t sent = send(control, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) _exit(1);
        at += sent;
        size -= (size_t)sent;
    }
}

static void tell(char kind, int index, const void *bytes, size_t size) {
    uint32_t length = htonl((uint32_t)size);
    char head[6] = {kind, (char)index};
    memcpy(head + 2, &length, sizeof length);
    send_all(head, sizeof head);
    if (size) send_all(bytes, size);
}

static void tell_failure(char kind, int index, int error, const char *name) {
    char text[4 + NAME_SIZE];
    uint32_t number = htonl((uint32_t)error);
    size_t length = strnlen(name, NAME_SIZE);
    memcpy(text, &number, sizeof number);
    memcpy(text + 4, name, length);
    tell(kind, index, text, 4 + length);
}

static void tell_end(int index, int status) {
    char text[2] = {WIFSIGNALED(status) ? 1 : 0,
                    (char)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status))};
    tell('X', index, text, sizeof text);
}

// Starts a program. Its exec, or failure, is known when the pipe, which nothing else holds, closes.
static pid_t start(char *const *arguments, char *const *environment, const char *working_directory, int output,
                   int *error) {
    int ends[2];
    *error = 0;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        *error = errno;
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        setsid();
        if ((output < 0 || (dup2(output, 1) >= 0 && dup2(output, 2) >= 0)) && chdir(working_directory) == 0 &&
            sigprocmask(SIG_SETMASK, &none, NULL) == 0)
            execve(arguments[0], arguments, environment);
        int reason = errno;
        if (write(ends[1], &reason, sizeof reason) < 0) _exit(2);
        _exit(1);
    }
    *error = pid < 0 ? errno : 0;
    close(ends[1]);
    ssize_t size = 0;
    int reason = 0;
    while (pid > 0 && (size = read(ends[0], &reason, sizeof reason)) < 0 && errno == EINTR) continue;
    close(ends[0]);
    if (size == (ssize_t)sizeof reason) {
        *error = reason;
        (void)waitpid(pid, NULL, 0);
        return -1;
    }
    return pid;
}

static int by_name(const void *left, const void *right) { return strcmp(left, right); }

// Every entry but folders, by name.
static int find_extensions(void) {
    static char names[EXTENSIONS_MAX][NAME_SIZE];
    int count = 0;
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries && count < EXTENSIONS_MAX && (entry = readdir(entries));) {
        if (entry->d_type == DT_DIR || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        strncpy(names[count++], entry->d_name, NAME_SIZE - 1);
    }
    if (entries) closedir(entries);
    qsort(names, (size_t)count, sizeof *names, by_name);
    for (int i = 0; i < count; i++) memcpy(extensions[i].name, names[i], NAME_SIZE);
    return count;
}

static bool is_withheld(const char *variable) {
    for (size_t i = 0; i < sizeof withheld / sizeof *withheld; i++) {
        size_t length = strlen(withheld[i]);
        if (strncmp(variable, withheld[i], length) == 0 && variable[length] == '=') return true;
    }
    return false;
}

static void start_extensions(const struct plan *plan) {
    static char *environment[ML_ENVIRONMENT_MAX + 1];
    int kept = 0;
    for (int i = 0; plan->environment[i] && kept < ML_ENVIRONMENT_MAX; i++)
        if (!is_withheld(plan->environment[i])) environment[kept++] = plan->environment[i];
    extension_count = find_extensions();
    for (int i = 0; i < extension_count; i++) {
        char path[sizeof folder + NAME_SIZE + 1];
        strcpy(path, folder);
        strcat(path, "/");
        strcat(path, extensions[i].name);
        char *const arguments[] = {path, NULL};
        int ends[2], error = 0;
        extensions[i].output = -1;
        extensions[i].pid = -1;
        if (pipe2(ends, O_CLOEXEC) < 0) {
            tell_failure('F', i, errno, extensions[i].name);
            continue;
        }
        extensions[i].pid = start(arguments, environment, "/", ends[1], &error);
        close(ends[1]);
        if (extensions[i].pid < 0) {
            close(ends[0]);
            tell_failure('F', i, error, extensions[i].name);
            continue;
        }
        (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
        extensions[i].output = ends[0];
        tell('E', i, extensions[i].name, strlen(extensions[i].name));
    }
    tell('B', 0, NULL, 0);
}

// What an extension printed up to now, or, while the others wait as well, a block of it.
static void pass_on(int index, bool whole) {
    static char block[BLOCK];
    do {
        ssize_t size = read(extensions[index].output, block, sizeof block);
        if (size < 0) return;
        if (size == 0) {
            close_if_open(&extensions[index].output);
            return;
        }
        tell('O', index, block, (size_t)size);
    } while (whole);
}

static void reap(void) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid == runtime) {
            runtime = 0;
            runtime_status = status;
            tell_end(RUNTIME_INDEX, status);
        }
        for (int i = 0; i < extension_count; i++) {
            if (extensions[i].pid != pid) continue;
            extensions[i].pid = -1;
            if (extensions[i].output >= 0) pass_on(i, true);
            tell_end(i, status);
        }
    }
}

static void run(const struct plan *plan) {
    if (runtime > 0) return;
    int error;
    runtime = start(plan->arguments, plan->environment, plan->working_directory, -1, &error);
    if (runtime < 0) {
        runtime = 0;
        tell_failure('N', RUNTIME_INDEX, error, "");
    } else {
        tell('S', RUNTIME_INDEX, NULL, 0);
    }
}

static _Noreturn void quit(void) {
    if (WIFSIGNALED(runtime_status)) {
        (void)kill(getpid(), WTERMSIG(runtime_status));
        _exit(128 + WTERMSIG(runtime_status));
    }
    _exit(WEXITSTATUS(runtime_status));
}

static void obey(const struct plan *plan) {
    char orders[16];
    ssize_t size = recv(control, orders, sizeof orders, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    // Without Martlet there is nothing to do.
    if (size <= 0) _exit(1);
    for (ssize_t i = 0; i < size; i++) switch (orders[i]) {
        case SUPERVISE_RUN: run(plan); break;
        case SUPERVISE_TERMINATE:
            if (runtime > 0) (void)kill(runtime, SIGTERM);
            break;
        case SUPERVISE_KILL:
            // It leads a session, and a group, of its own.
            if (runtime > 0) (void)kill(-runtime, SIGKILL);
            break;
        case SUPERVISE_QUIT: quit();
        default: break;
        }
}

static int call_martlet(uint16_t port) {
    int result = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (result < 0) return -1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    while (connect(result, (struct sockaddr *)&address, sizeof address) < 0)
        if (errno != EINTR) return -1;
    return result;
}

_Noreturn void supervise_run(const struct plan *plan, int failures) {
    // It holds a copy of the launcher's memory: not to be looked into by the function.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || plan->port_count < 1) _exit(1);
    // No exec closes them: the sandbox's sockets, the launcher's pair.
    if (failures > 3) (void)sys_close_range(3, (unsigned)failures - 1);
    (void)sys_close_range((unsigned)failures + 1, ~0u);
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    if (sigprocmask(SIG_SETMASK, &children, NULL) < 0) _exit(1);
    int signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    control = call_martlet(plan->ports[plan->port_count - 1]);
    if (signals < 0 || control < 0) _exit(1);
    close(failures);
    start_extensions(plan);
    struct pollfd watched[2 + EXTENSIONS_MAX];
    for (;;) {
        watched[0] = (struct pollfd){.fd = control, .events = POLLIN};
        watched[1] = (struct pollfd){.fd = signals, .events = POLLIN};
        // Negative descriptors are passed over.
        for (int i = 0; i < extension_count; i++)
            watched[2 + i] = (struct pollfd){.fd = extensions[i].output, .events = POLLIN};
        if (poll(watched, 2 + (nfds_t)extension_count, -1) < 0 && errno != EINTR) _exit(1);
        for (int i = 0; i < extension_count; i++)
            if (watched[2 + i].revents && extensions[i].output >= 0) pass_on(i, false);
        if (watched[1].revents) {
            struct signalfd_siginfo information;
            while (read(signals, &information, sizeof information) > 0) continue;
        }
        reap();
        if (watched[0].revents) obey(plan);
    }
}
