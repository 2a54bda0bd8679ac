#include "system.h"
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "CLauncherProtocol.h"

static int data_folder = -1;
static struct {
    const char *path;
    size_t length;
    int folder;
} prefixes[PREFIXES_MAX];
static int prefix_count;
static const char *const *code_folders;
static int code_count;

int paths_open(const struct options *options, int data) {
    struct stat given, found;
    data_folder = open(options->data, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (data_folder < 0 || fstat(data_folder, &found) < 0 || fstat(data, &given) < 0) {
        complain("cannot open the data folder %s: %s", options->data, strerror(errno));
        return -1;
    }
    if (given.st_dev != found.st_dev || given.st_ino != found.st_ino) {
        complain("finds another folder at %s", options->data);
        return -1;
    }
    for (int i = 0; i < options->prefix_count; i++) {
        // Canonical names, so that a request names the same thing as the prefix. What is not there allows nothing.
        char *canonical = realpath(options->prefixes[i], NULL);
        int folder = canonical ? open(canonical, O_PATH | O_CLOEXEC) : -1;
        if (folder < 0 || strcmp(canonical, "/") == 0) {
            close_if_open(&folder);
            free(canonical);
            continue;
        }
        prefixes[prefix_count].path = canonical;
        prefixes[prefix_count].length = strlen(canonical);
        prefixes[prefix_count].folder = folder;
        prefix_count++;
    }
    code_folders = options->code;
    code_count = options->code_count;
    return 0;
}

int paths_data(void) { return data_folder; }

int paths_in_data(const char *path) {
    return sys_openat2(data_folder, path, O_PATH, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

int paths_open_in_data(const char *path) {
    return sys_openat2(data_folder, path, O_RDONLY | O_NONBLOCK | O_NOCTTY,
                       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

int paths_on_host(const char *path) {
    for (int i = 0; i < prefix_count; i++) {
        if (strncmp(path, prefixes[i].path, prefixes[i].length) != 0) continue;
        const char *rest = path + prefixes[i].length;
        if (*rest == 0) return fcntl(prefixes[i].folder, F_DUPFD_CLOEXEC, 10);
        if (*rest != '/') continue;
        while (*rest == '/') rest++;
        // Links are fine as long as they stay below: the prefix belongs to root or to whoever runs everything.
        return sys_openat2(prefixes[i].folder, *rest ? rest : ".", O_PATH, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
    }
    errno = EACCES;
    return -1;
}

static int beneath(int folder, const char *path) {
    return sys_openat2(folder, path, O_PATH | O_DIRECTORY,
                       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

int paths_of_code(const char *path) {
    if (path[0] != '/') return paths_in_data(path);
    for (int i = 0; i < code_count; i++) {
        size_t length = strlen(code_folders[i]);
        if (strncmp(path, code_folders[i], length) != 0 || (path[length] != 0 && path[length] != '/')) continue;
        const char *rest = path + length;
        while (*rest == '/') rest++;
        // Opened anew each time: a build may delete the folder and make it again. A link in its place is refused, since
        // whoever owns the folder above would decide where it leads.
        int folder = sys_openat2(AT_FDCWD, code_folders[i], O_PATH | O_DIRECTORY,
                                 RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
        if (folder < 0 || !*rest) return folder;
        int code = beneath(folder, rest);
        int error = errno;
        close(folder);
        errno = error;
        return code;
    }
    errno = EACCES;
    return -1;
}

bool paths_may_carry(const char *inside) {
    size_t length = strlen(inside);
    if (length < 2 || length >= ML_PATH_MAX || inside[0] != '/' || inside[length - 1] == '/') return false;
    int depth = 0;
    for (const char *part = inside; *part; depth++) {
        const char *end = strchrnul(part + 1, '/');
        size_t size = (size_t)(end - part) - 1;
        if (size == 0 || size > 255) return false;
        if (part[1] == '.' && (size == 1 || (size == 2 && part[2] == '.'))) return false;
        part = end;
    }
    if (depth > 16) return false;
    static const char *const taken[] = {"/bin", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc",
                                        "/run", "/sbin", "/sys", "/tmp", "/usr", "/var/empty", "/var/task"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        size_t size = strlen(taken[i]);
        if (strncmp(inside, taken[i], size) == 0 && (inside[size] == 0 || inside[size] == '/')) return false;
    }
    return strcmp(inside, "/var") != 0;
}
