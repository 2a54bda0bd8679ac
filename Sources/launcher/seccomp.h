#pragma once

#include <stddef.h>
#include <stdint.h>

// Assembles the filters once, at the launcher's start. The uids are those of programs. 0, or -1 if one does not fit.
int seccomp_prepare(uint32_t first_uid, uint32_t last_uid);
// Installs it on the calling thread and what it starts; needs no_new_privs. 0, or -1 with errno.
int seccomp_install(void);
// The same with what a zygote may do beside.
int seccomp_install_for_zygote(void);
// The instructions of the filter of functions.
const void *seccomp_filter(size_t *size);
