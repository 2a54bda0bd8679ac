#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int sys_open_tree(int folder, const char *path, unsigned flags) {
    return (int)syscall(SYS_open_tree, folder, path, flags | OPEN_TREE_CLOEXEC);
}

int sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) {
    return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}

int sys_fsopen(const char *type) { return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC); }

int sys_fsconfig(int context, unsigned command, const char *key, const char *value) {
    return (int)syscall(SYS_fsconfig, context, command, key, value, 0);
}

int sys_fsmount(int context, unsigned attributes) {
    return (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
}

int sys_mount_setattr(int folder, const char *path, unsigned flags, uint64_t set, uint64_t propagation) {
    struct mount_attr attributes = {.attr_set = set, .propagation = propagation};
    return (int)syscall(SYS_mount_setattr, folder, path, flags, &attributes, sizeof attributes);
}

int sys_openat2(int folder, const char *path, uint64_t flags, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve};
    int result;
    // EAGAIN: a rename elsewhere raced with the check.
    int tries = 0;
    do
        result = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
    while (result < 0 && errno == EAGAIN && ++tries < 32);
    return result;
}

int sys_pivot_root(const char *new_root, const char *old_root) {
    return (int)syscall(SYS_pivot_root, new_root, old_root);
}

int sys_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int sys_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int sys_close_range(unsigned first, unsigned last) {
    if (first > last) return 0;
    return (int)syscall(SYS_close_range, first, last, 0);
}

int write_at(int folder, const char *name, const char *text) {
    int file = openat(folder, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return -1;
    size_t size = strlen(text);
    ssize_t written = write(file, text, size);
    int error = errno;
    close(file);
    errno = written < 0 ? error : EIO;
    return written == (ssize_t)size ? 0 : -1;
}

int write_number_at(int folder, const char *name, long long number) {
    char text[32];
    snprintf(text, sizeof text, "%lld", number);
    return write_at(folder, name, text);
}

ssize_t read_at(int folder, const char *name, char *buffer, size_t capacity) {
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return -1;
    size_t size = 0;
    while (size < capacity - 1) {
        ssize_t part = read(file, buffer + size, capacity - 1 - size);
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) break;
        size += (size_t)part;
    }
    close(file);
    buffer[size] = 0;
    return (ssize_t)size;
}

long long number_after(const char *text, const char *key) {
    size_t length = strlen(key);
    for (const char *line = text; line && *line;) {
        if (strncmp(line, key, length) == 0) return strtoll(line + length, NULL, 10);
        line = strchr(line, '\n');
        if (line) line++;
    }
    return -1;
}

void close_if_open(int *descriptor) {
    if (*descriptor >= 0) close(*descriptor);
    *descriptor = -1;
}

void complain(const char *format, ...) {
    char line[512];
    int size = snprintf(line, sizeof line, "launcher: ");
    va_list arguments;
    va_start(arguments, format);
    int rest = vsnprintf(line + size, sizeof line - (size_t)size - 1, format, arguments);
    va_end(arguments);
    if (rest < 0) return;
    size += rest;
    if (size > (int)sizeof line - 2) size = sizeof line - 2;
    line[size++] = '\n';
    if (write(2, line, (size_t)size) < 0) return;
}
