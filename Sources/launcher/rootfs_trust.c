#include "system.h"
#include "rootfs_trust.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"

enum { PATH = 1024, HASH = 8, DEPTH_MAX = 3, ENTRIES_MAX = 4096 };
static const off_t FILE_MAX = 2 << 20, ALL_MAX = 8 << 20;

// What Martlet wrote: the host's bundle with its authority, the authority alone, and the hash of the latter's name, by
// which OpenSSL finds it in a folder.
static int bundle = -1, authority = -1;
static char hash[HASH + 1];

// What may still be copied from the host into one template.
static int entries_left;
static off_t bytes_left;

static int open_regular(const char *path, off_t most) {
    struct stat status;
    int file = paths_open_in_data(path);
    if (file < 0) return -1;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= most) return file;
    close(file);
    return -1;
}

bool rootfs_trust_is_known(void) { return bundle >= 0; }

void rootfs_trust_find(void) {
    if (bundle >= 0) return;
    int named = open_regular("tls/sandboxes/authority.hash", HASH);
    bool good = named >= 0 && read(named, hash, HASH) == HASH;
    for (int i = 0; good && i < HASH; i++) good = isxdigit((unsigned char)hash[i]);
    if (good) authority = open_regular("tls/sandboxes/authority.pem", 1 << 16);
    if (authority >= 0) bundle = open_regular("tls/sandboxes/bundle.pem", FILE_MAX);
    close_if_open(&named);
    if (bundle < 0) close_if_open(&authority);
}

// With the folders above it.
static int make_folder(const char *path) {
    char above[PATH];
    snprintf(above, sizeof above, "%s", path);
    for (char *slash = above; slash; *slash = '/') {
        slash = strchr(slash + 1, '/');
        if (slash) *slash = 0;
        if (mkdir(above, 0755) < 0 && errno != EEXIST) return -1;
        if (!slash) return 0;
    }
    return 0;
}

static int copy(int source, const char *to) {
    int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (target < 0) return -1;
    char block[32768];
    off_t at = 0;
    int result = 0;
    for (ssize_t size; result == 0 && (size = pread(source, block, sizeof block, at)) > 0; at += size)
        if (at + size > FILE_MAX || write(target, block, (size_t)size) != size) result = -1;
    close(target);
    return result;
}

// The places where programs built for Amazon Linux, and for other systems, look.
static int write_own(void) {
    static const char *const folders[] = {"etc/pki/ca-trust/extracted/pem", "etc/pki/ca-trust/source/anchors",
                                          "etc/pki/tls/certs", "etc/ssl/certs"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (make_folder(folders[i]) < 0) return -1;
    static const char bundle_place[] = "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem";
    static const char authority_place[] = "/etc/pki/ca-trust/source/anchors/martlet.pem";
    if (copy(bundle, bundle_place + 1) < 0 || copy(authority, authority_place + 1) < 0) return -1;
    static const char *const links[] = {"etc/pki/tls/certs/ca-bundle.crt", "etc/pki/tls/cert.pem",
                                        "etc/ssl/certs/ca-certificates.crt", "etc/ssl/certs/ca-bundle.crt",
                                        "etc/ssl/cert.pem", "etc/ssl/ca-bundle.pem"};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (symlink(bundle_place, links[i]) < 0) return -1;
    char hashed[64];
    snprintf(hashed, sizeof hashed, "etc/ssl/certs/%s.0", hash);
    return symlink(authority_place, hashed);
}

static bool begins_with_one(const char *path, const char *const *folders, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strncmp(path, folders[i], strlen(folders[i])) == 0) return true;
    return false;
}

// A file that everybody on the host may read.
static void mirror_file(const char *from, const char *to) {
    struct stat status;
    int source = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (source < 0) return;
    if (fstat(source, &status) == 0 && S_ISREG(status.st_mode) && status.st_mode & S_IROTH &&
        status.st_size <= FILE_MAX && status.st_size <= bytes_left && copy(source, to) == 0)
        bytes_left -= status.st_size;
    close(source);
}

static void mirror_link(const char *from, const char *to) {
    // Where what it leads to is inside too; else what it leads to is copied, if that is a place of public files.
    static const char *const inside[] = {"/usr/", "/etc/ssl/certs/", "/etc/pki/", "/etc/ca-certificates/"};
    static const char *const public[] = {"/var/lib/ca-certificates/", "/nix/store/", "/etc/static/"};
    char target[PATH];
    ssize_t size = readlink(from, target, sizeof target - 1);
    if (size <= 0) return;
    target[size] = 0;
    bool plain = target[0] != '/' && !strstr(target, "..");
    if (plain || (!strstr(target, "..") && begins_with_one(target, inside, sizeof inside / sizeof *inside))) {
        (void)symlink(target, to);
        return;
    }
    char *real = realpath(from, NULL);
    if (real && begins_with_one(real, inside, sizeof inside / sizeof *inside))
        (void)symlink(real, to);
    else if (real && begins_with_one(real, public, sizeof public / sizeof *public))
        mirror_file(real, to);
    free(real);
}

// What is there already, and what cannot be copied, is passed over.
static void mirror(const char *folder, int depth) {
    struct stat status;
    DIR *stream = opendir(folder);
    if (!stream) return;
    if (fstat(dirfd(stream), &status) < 0 || (status.st_mode & (S_IROTH | S_IXOTH)) != (S_IROTH | S_IXOTH) ||
        make_folder(folder + 1) < 0) {
        closedir(stream);
        return;
    }
    for (struct dirent *entry; (entry = readdir(stream)) && entries_left > 0;) {
        char path[PATH];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= sizeof path) continue;
        if (lstat(path, &status) < 0) continue;
        entries_left--;
        if (S_ISDIR(status.st_mode) && depth < DEPTH_MAX)
            mirror(path, depth + 1);
        else if (S_ISLNK(status.st_mode))
            mirror_link(path, path + 1);
        else if (S_ISREG(status.st_mode))
            mirror_file(path, path + 1);
    }
    closedir(stream);
}

int rootfs_write_trust(void) {
    if (rootfs_trust_is_known() && write_own() < 0) return -1;
    entries_left = ENTRIES_MAX;
    bytes_left = ALL_MAX;
    static const char *const folders[] = {"/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) mirror(folders[i], 0);
    return 0;
}
