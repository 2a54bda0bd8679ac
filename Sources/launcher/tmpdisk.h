#pragma once

// /tmp on disk with a size limit: an ext4 file system in a sparse file without a name, on the data folder's file
// system, behind a loop device that frees itself. When the sandbox's mount namespace ends, the mount, the device and
// the file go.

#include <stdbool.h>
#include <sys/types.h>

// Whether this machine can do it: loop devices, mkfs.ext4, files without names. `data` is the data folder.
bool tmpdisk_open(int data);
// Makes the template for a size ahead of its first use.
void tmpdisk_prepare(unsigned mib);
// A detached mount of a new, empty /tmp that everyone may write. It waits for the host's disk. -1 with errno.
int tmpdisk_make(unsigned mib);
// In a process that makes disks beside others: takes turns with them. false: it cannot.
bool tmpdisk_divide(void);
// What a process that makes disks needs to keep open. How many there are.
enum { TMPDISK_DESCRIPTORS_MAX = 11 };
int tmpdisk_descriptors(int *descriptors);
