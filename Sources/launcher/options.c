#include "system.h"
#include "options.h"

#include <ctype.h>
#include <string.h>

#include "CLauncherProtocol.h"
#include "CNameServer.h"

enum { PATIENCE_SECONDS = 30 };

static bool is_instance(const char *text) {
    size_t length = strlen(text);
    if (length == 0 || length > ML_NAME_MAX) return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && *text != '-') return false;
    return true;
}

bool parse_options(int count, char **arguments, struct options *options) {
    memset(options, 0, sizeof *options);
    options->patience = PATIENCE_SECONDS;
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = arguments[i], *value = arguments[i + 1];
        if (strcmp(name, "--instance") == 0 && is_instance(value)) {
            options->instance = value;
        } else if (strcmp(name, "--data") == 0 && value[0] == '/') {
            options->data = value;
        } else if (strcmp(name, "--allow") == 0 && value[0] == '/' && options->prefix_count < PREFIXES_MAX) {
            options->prefixes[options->prefix_count++] = value;
        } else if (strcmp(name, "--code") == 0 && value[0] == '/' && options->code_count < CODE_FOLDERS_MAX) {
            options->code[options->code_count++] = value;
        } else if (strcmp(name, "--domain") == 0 && cns_is_domain(value) && options->domain_count < DOMAINS_MAX) {
            options->domains[options->domain_count++] = value;
        } else if (strcmp(name, "--patience") == 0 && isdigit((unsigned char)value[0]) && !value[1]) {
            options->patience = value[0] - '0';
        } else {
            complain("does not understand %s %s", name, value);
            return false;
        }
    }
    if (!options->instance || !options->data || count % 2 == 0) {
        complain("is started by martlet, not by hand");
        return false;
    }
    return true;
}
