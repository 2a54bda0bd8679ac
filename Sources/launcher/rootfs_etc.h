#pragma once

#include <stddef.h>
#include <sys/types.h>

// Writes the synthetic /etc into etc/ of the current folder. 0, or -1 with errno.
int rootfs_write_etc(void);
// The passwd file of a sandbox whose function has this uid. Its length.
int rootfs_passwd_text(char *text, size_t capacity, uid_t uid, gid_t gid);
