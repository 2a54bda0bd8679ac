#pragma once

// What the launcher ignores; a program in a sandbox must not inherit that.

#include <signal.h>
#include <stddef.h>

static const int ignored_signals[] = {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
enum { IGNORED_SIGNAL_COUNT = sizeof ignored_signals / sizeof *ignored_signals };
