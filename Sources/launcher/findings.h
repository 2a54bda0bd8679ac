#pragma once

#include <stdbool.h>

#include "privilege.h"

// Says hello: what can be done here, and what protection is missing, a sentence each, for `martlet doctor`.
void findings_send(enum privilege privilege, bool usable, bool disk);
