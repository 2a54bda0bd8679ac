#pragma once

// The main process of a sandbox whose function has external extensions: it starts them and then, when told to, the
// runtime; passes on what the extensions print; and tells of every end. It runs as the function's user, without exec, and
// talks to Martlet over a TCP connection to the last of the sandbox's ports, so that it needs nothing of the launcher.
//
// To Martlet, records: a kind, an index, a length (4 bytes, big endian), and so many bytes.
//   E index name          an extension was started
//   F index errno name    an extension could not be started (errno: 4 bytes)
//   B -                   every extension was started, or could not be
//   O index bytes         an extension printed this
//   S - / N - errno       the runtime was started, or could not be
//   X index how what      a process has ended: how is 0 (exited) or 1 (killed), what its status or signal (1 byte each);
//                         the runtime's index is 255
// From Martlet, one byte each.

#include "init.h"

enum supervise_order {
    SUPERVISE_RUN = 'R',        // start the runtime
    SUPERVISE_TERMINATE = 'T',  // SIGTERM to the runtime
    SUPERVISE_KILL = 'K',       // SIGKILL to the runtime's processes
    SUPERVISE_QUIT = 'Q',       // end as the runtime did, and with it everything
};

// In the place of the program's exec, which `failures` tells of.
_Noreturn void supervise_run(const struct plan *plan, int failures);
