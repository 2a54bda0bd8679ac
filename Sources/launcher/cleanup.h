#pragma once

// What a launcher that was killed leaves are control groups, perhaps with processes that it had frozen; mounts, network
// namespaces and disks die with the processes that hold them.

#include <stdbool.h>

// Kills everything in the groups below an instance's folder and removes them. Never leaves that folder.
void cleanup_groups(int base, bool v2);
