#pragma once

// System calls and constants that libc's headers do not all have yet, and small helpers that every file uses.

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif

// sys/mount.h and linux/mount.h exclude each other in some versions of libc; these stand in for the former.
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);
int umount2(const char *target, int flags);
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif

int sys_open_tree(int folder, const char *path, unsigned flags);
int sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags);
int sys_fsopen(const char *type);
int sys_fsconfig(int context, unsigned command, const char *key, const char *value);
int sys_fsmount(int context, unsigned attributes);
int sys_mount_setattr(int folder, const char *path, unsigned flags, uint64_t set, uint64_t propagation);
int sys_openat2(int folder, const char *path, uint64_t flags, uint64_t resolve);
int sys_pivot_root(const char *new_root, const char *old_root);
int sys_pidfd_open(pid_t pid);
int sys_pidfd_send_signal(int pidfd, int signal);
int sys_close_range(unsigned first, unsigned last);

// Writes a whole short text into a file, below a folder. 0, or -1 with errno.
int write_at(int folder, const char *name, const char *text);
int write_number_at(int folder, const char *name, long long number);
// Reads a small file whole, NUL-terminated. Its length, or -1.
ssize_t read_at(int folder, const char *name, char *buffer, size_t capacity);
// The number after a key at a line's start, in a text such as memory.stat or /proc/PID/status; -1 if it is not there.
long long number_after(const char *text, const char *key);
void close_if_open(int *descriptor);

// A line on standard error, which is Martlet's.
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
