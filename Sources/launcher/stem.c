#include "system.h"
#include "stem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "paths.h"
#include "program.h"
#include "rootfs.h"

// Ahead of the strings, for a program that has not been executed yet. Others get the strings alone.
struct orders_head {
    uint64_t memory;
    uint32_t arguments;
    uint32_t environment;
};

// Every string with its NUL; they came in a message of this size.
static char buffer[sizeof(struct orders_head) + ML_MESSAGE_MAX + ML_ARGUMENTS_MAX + ML_ENVIRONMENT_MAX];

static size_t add(size_t used, char *const *strings) {
    for (; *strings; strings++) {
        size_t length = strlen(*strings) + 1;
        if (length > sizeof buffer - used) break;
        memcpy(buffer + used, *strings, length);
        used += length;
    }
    return used;
}

static uint32_t count_of(char *const *strings) {
    uint32_t count = 0;
    while (strings[count]) count++;
    return count;
}

static int tell(const struct sandbox *sandbox, const struct spawn_request *request) {
    size_t used = 0;
    if (sandbox->before_exec) {
        struct orders_head head = {(uint64_t)request->memory_mib << 20, count_of(request->arguments),
                                   count_of(request->environment)};
        memcpy(buffer, &head, sizeof head);
        used = add(sizeof head, request->arguments);
    }
    used = add(used, request->environment);
    // Its buffer is empty, and holds the largest message.
    ssize_t sent = send(sandbox->stem, buffer, used, MSG_DONTWAIT | MSG_NOSIGNAL);
    int error = errno;
    explicit_bzero(buffer, used);
    errno = error;
    return sent == (ssize_t)used ? 0 : -1;
}

static int take_tree(int source) {
    if (source < 0) return -1;
    int tree = rootfs_tree(source);
    int error = errno;
    close(source);
    errno = error;
    return tree;
}

static int put(int tree, const char *inside) {
    // Nothing there is a link (the sandbox's root is ours and read-only); should it be one, it is not followed.
    int place = sys_openat2(AT_FDCWD, inside, O_PATH, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    if (place < 0) return -1;
    int moved = sys_move_mount(tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    int error = errno;
    close(place);
    errno = error;
    return moved;
}

static int limit_memory(struct sandbox *sandbox, unsigned mib) {
    sandbox->memory = (int64_t)mib << 20;
    if (cgroup_has(CGROUP_MEMORY)) return cgroup_limit_memory(&sandbox->group, mib);
    // See program.c. A program that waits before its exec does it itself.
    if (sandbox->before_exec) return 0;
    rlim_t most = ((rlim_t)mib << 20) + PROGRAM_DATA_EXTRA;
    struct rlimit limit = {most, most};
    pid_t pid = sandbox_pid(sandbox->program);
    return pid <= 0 ? -1 : prlimit(pid, RLIMIT_DATA, &limit, NULL);
}

int stem_specialise(struct sandbox *sandbox, const struct spawn_request *request, const char **stage) {
    int trees[ML_BINDS_MAX + 1];
    int count = 0, error = 0;
    *stage = "the code folder";
    trees[0] = take_tree(paths_of_code(request->code));
    if (trees[0] < 0) return errno;
    count = 1;
    *stage = "a bind";
    for (int i = 0; i < request->bind_count && error == 0; i++) {
        trees[count] = take_tree(paths_in_data(request->binds[i].host));
        if (trees[count] < 0)
            error = errno;
        else
            count++;
    }
    if (error == 0) {
        *stage = "the limits";
        if (limit_memory(sandbox, request->memory_mib) < 0) error = errno;
    }
    if (error == 0) {
        *stage = "the mounts";
        if (rootfs_enter(sandbox->mounts) < 0) {
            error = errno;
        } else {
            for (int i = 0; i < count && error == 0; i++)
                if (put(trees[i], i == 0 ? "/var/task" : request->binds[i - 1].inside) < 0) error = errno;
            if (rootfs_leave() < 0) {
                complain("cannot return to its own mounts: %s", strerror(errno));
                _exit(1);
            }
        }
    }
    for (int i = 0; i < count; i++) close(trees[i]);
    if (error == 0) {
        *stage = "the stem";
        if (tell(sandbox, request) < 0) error = errno ? errno : EIO;
    }
    return error;
}

// MARK: In the program

// The strings of a message, as a list that ends with NULL. NULL: they are not all there.
static const char *take(const char *at, const char *end, char **list, uint32_t count, uint32_t most) {
    if (count > most) return NULL;
    for (uint32_t i = 0; i < count; i++) {
        const char *nul = memchr(at, 0, (size_t)(end - at));
        if (!nul) return NULL;
        list[i] = (char *)at;
        at = nul + 1;
    }
    list[count] = NULL;
    return at;
}

bool stem_wait(int socket, struct stem_orders *orders) {
    static char *arguments[ML_ARGUMENTS_MAX + 1], *environment[ML_ENVIRONMENT_MAX + 1];
    ssize_t size;
    // Ready: nothing remains to be done.
    if (send(socket, "r", 1, MSG_NOSIGNAL) != 1) return false;
    do
        size = recv(socket, buffer, sizeof buffer, 0);
    while (size < 0 && errno == EINTR);
    struct orders_head head;
    if (size < (ssize_t)sizeof head) return false;
    memcpy(&head, buffer, sizeof head);
    const char *end = buffer + size;
    const char *at = take(buffer + sizeof head, end, arguments, head.arguments, ML_ARGUMENTS_MAX);
    if (!at || !take(at, end, environment, head.environment, ML_ENVIRONMENT_MAX) || !arguments[0]) return false;
    *orders = (struct stem_orders){arguments, environment, head.memory};
    return true;
}
