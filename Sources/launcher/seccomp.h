#pragma once

// Assembles the filter once, at the launcher's start. 0, or -1 if it does not fit.
int seccomp_prepare(void);
// Installs it on the calling thread and what it starts; needs no_new_privs. 0, or -1 with errno.
int seccomp_install(void);
