#pragma once

#include <stdbool.h>

#include "privilege.h"
#include "sandboxes.h"

// Says hello: what can be done here, and what protection is missing, a sentence each, for `martlet doctor`.
void findings_send(enum privilege privilege, const struct sandboxes_settings *settings, bool usable);
