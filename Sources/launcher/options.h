#pragma once

// What the launcher is told at its start, by Martlet while that was still root; trusted.

#include <stdbool.h>
#include <sys/types.h>

enum { PREFIXES_MAX = 64, DOMAINS_MAX = 64, CODE_FOLDERS_MAX = 64 };

struct options {
    const char *instance;  // names this data folder's control groups
    const char *data;      // the data folder's path
    const char *prefixes[PREFIXES_MAX];
    int prefix_count;
    const char *code[CODE_FOLDERS_MAX];  // folders of the host below which functions' code may be
    int code_count;
    const char *domains[DOMAINS_MAX];  // the platform's own names, beside the built-in ones
    int domain_count;
    int patience;  // seconds for which a launcher of before may take to end
};

// false: standard error says why.
bool parse_options(int count, char **arguments, struct options *options);
