// A sandbox's /etc: what libc and runtimes read there, and nothing that tells about the host.
#include "system.h"
#include "rootfs_etc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int rootfs_passwd_text(char *text, size_t capacity, uid_t uid, gid_t gid) {
    // AWS's own name for the user that functions run as.
    return snprintf(text, capacity,
                    "root:x:0:0:root:/root:/sbin/nologin\n"
                    "nobody:x:65534:65534:nobody:/:/sbin/nologin\n"
                    "sbx_user1051:x:%u:%u::/home/sbx_user1051:/sbin/nologin\n",
                    uid, gid);
}

static int write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0) return -1;
    size_t size = strlen(text);
    ssize_t written = write(file, text, size);
    close(file);
    return written == (ssize_t)size ? 0 : -1;
}

// A public file of the host, as it is now. Where it does not exist it is not needed.
static int copy_file(const char *from, const char *to) {
    int source = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (source < 0) return 0;
    int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    int result = target < 0 ? -1 : 0;
    char block[32768];
    for (ssize_t size; result == 0 && (size = read(source, block, sizeof block)) > 0;)
        if (write(target, block, (size_t)size) != size) result = -1;
    close(source);
    close_if_open(&target);
    return result;
}

int rootfs_write_etc(void) {
    char passwd[512], group[256];
    rootfs_passwd_text(passwd, sizeof passwd, getuid(), getgid());
    snprintf(group, sizeof group, "root:x:0:\nnobody:x:65534:\nsbx_user1051:x:%u:\n", getgid());
    if (write_file("etc/passwd", passwd) < 0 || write_file("etc/group", group) < 0) return -1;
    static const char hosts[] = "127.0.0.1 localhost localhost.localdomain sandbox sandbox.localdomain\n::1 ip6-localhost\n";
    if (write_file("etc/hosts", hosts) < 0) return -1;
    // The gateway answers there.
    if (write_file("etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n") < 0) return -1;
    static const char names[] = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\n"
                                "protocols: files\nservices: files\nethers: files\nrpc: files\n";
    if (write_file("etc/nsswitch.conf", names) < 0) return -1;
    if (write_file("etc/host.conf", "multi on\n") < 0) return -1;
    static const char *const copied[] = {"/etc/ld.so.cache", "/etc/ld.so.conf",  "/etc/mime.types",
                                         "/etc/protocols",   "/etc/services",    "/etc/gai.conf",
                                         "/etc/ssl/openssl.cnf"};
    if (mkdirat(AT_FDCWD, "etc/ssl", 0755) < 0 && errno != EEXIST) return -1;
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        if (copy_file(copied[i], copied[i] + 1) < 0) return -1;
    return 0;
}
