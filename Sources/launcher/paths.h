#pragma once

// Paths that Martlet names. It may be hostile, and what it owns may change under us: each is opened once, in one step
// that cannot leave the folder it must be in, and only the descriptor is used from then on.

#include "options.h"

// Opens the data folder and the allowed prefixes again, in the mount namespace the launcher is in now.
// `data` is the data folder as Martlet opened it: another folder at its path is refused. 0, or -1.
int paths_open(const struct options *options, int data);
// The data folder (O_PATH).
int paths_data(void);
// Below the data folder, by no symbolic link. An O_PATH descriptor or -1 with errno.
int paths_in_data(const char *path);
// The same, to be read. What it is, is the caller's to find out.
int paths_open_in_data(const char *path);
// Below an allowed prefix. An O_PATH descriptor or -1 with errno.
int paths_on_host(const char *path);
// A function's code: a relative path is one below the data folder; an absolute one is below a folder that was named for
// code at the start, by no symbolic link anywhere. An O_PATH descriptor or -1 with errno.
int paths_of_code(const char *path);
// Whether an inside path may carry a bind: absolute, normal, and not in a place that the sandbox makes itself.
bool paths_may_carry(const char *inside);
