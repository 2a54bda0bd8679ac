#pragma once

// Which authorities a sandbox trusts: the host's, and the platform's own, which answers under AWS's names in there.

#include <stdbool.h>

// Looks for the authority that Martlet writes into the data folder before it asks for the first sandbox. Until then what
// is there may be that of an earlier start.
void rootfs_trust_find(void);
// Whether it was found.
bool rootfs_trust_is_known(void);
// Writes /etc/ssl and /etc/pki into the current folder: the host's public certificates where the host has them, and a
// bundle with the platform's authority wherever programs look for one. 0, or -1 with errno.
int rootfs_write_trust(void);
