#pragma once

// The file system of a sandbox. For each set of interpreters there is a template: a mount namespace whose root is a
// small read-only tmpfs with the system's folders, a synthetic /etc, device nodes and the interpreters bound in. A
// sandbox is born in a copy of it and adds what is its own: code, /tmp, /proc, /etc/passwd.

#include <stdbool.h>
#include <sys/types.h>

// A folder or file that is bound in. `tree` is a detached copy of its mount, read-only.
struct rootfs_bind {
    const char *inside;
    int source;  // O_PATH
    bool folder;
    bool in_template;  // else made per sandbox; the template has the place for it
};

// `privileged`: with root; else in a user namespace. 0, or -1.
int rootfs_open(bool privileged);
// The template's mount namespace for these binds; made if there is none. -1 with errno.
int rootfs_template(const struct rootfs_bind *binds, int count);
// A detached, read-only copy of the mount at an O_PATH descriptor. -1 with errno.
int rootfs_tree(int source);
// A detached mount of the /etc/passwd that knows this uid; -1: the template's is right.
int rootfs_passwd(unsigned slot, uid_t uid, gid_t gid);
// Into the namespace of a template or a stem, and back.
int rootfs_enter(int namespace);
int rootfs_leave(void);
// In the sandbox, in its own pid namespace: mounts /proc and covers what a function must not see. 0, or -1 with errno.
int rootfs_mount_proc(void);
