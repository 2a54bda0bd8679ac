#pragma once

#include <linux/filter.h>
#include <stdint.h>

// In what was forked: becomes what a program is that the launcher's process 1 starts (Sources/launcher/program.c), with the
// same descriptors, or ends. The zygote's capabilities are gone then, and its filter has another one on top.
void become(uint32_t uid, int output, int stem, struct sock_fprog *filter);
