#pragma once

// What the files that deal with the table of sandboxes share.

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox.h"

// NULL: there is none any more.
struct sandbox *sandboxes_find(uint64_t number);
void sandboxes_kill(struct sandbox *sandbox);
void sandboxes_unwatch(int descriptor);
uid_t sandboxes_program_uid(const struct sandbox *sandbox);

// A stem is ready, or its exec has happened or failed.
void sandboxes_hear_stem(struct sandbox *sandbox);
void sandboxes_say_ready(const struct sandbox *sandbox);
// Takes the descriptors, unless it returns false.
bool sandboxes_furnished(struct sandbox *sandbox, const int *namespaces, int count);
// The program that was forked, as the sandbox sees it; 0: there is none, and it is started. `inherited`: the bytes that it began
// with.
void sandboxes_forked(uint64_t number, pid_t pid, int64_t inherited);
// Nobody knows whether its program was forked.
void sandboxes_lost(uint64_t number);
