#include "system.h"
#include "tmpdisk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TEMPLATES_MAX = TMPDISK_DESCRIPTORS_MAX - 3, ATTEMPTS = 120 };

static int data_folder = -1;
static int control = -1;
static int turn = -1;  // whose lock is held while a free device is taken
static const char *formatter;
static struct {
    unsigned mib;
    int image;
    unsigned long used;
} templates[TEMPLATES_MAX];
static unsigned long uses;

// The file system's own tables, and the two percent that ext4 holds back, come on top of what a function may fill.
static off_t image_size(unsigned mib) { return ((off_t)mib << 20) + ((off_t)mib << 20) / 24 + (4 << 20); }

static int new_image(void) { return openat(data_folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); }

bool tmpdisk_open(int data) {
    static const char *const formatters[] = {"/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4", "/usr/bin/mkfs.ext4"};
    data_folder = data;
    for (int i = 0; i < TEMPLATES_MAX; i++) templates[i].image = -1;
    for (size_t i = 0; i < sizeof formatters / sizeof *formatters && !formatter; i++)
        if (access(formatters[i], X_OK) == 0) formatter = formatters[i];
    control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0 || !formatter) return false;
    turn = new_image();
    return turn >= 0;
}

bool tmpdisk_divide(void) {
    // A lock belongs to what was opened, not to a process.
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", turn);
    int own = open(path, O_RDWR | O_CLOEXEC);
    close_if_open(&turn);
    turn = own;
    return turn >= 0;
}

// Attaches an image to a loop device that is free. Its descriptor; its path in `path`. -1 with errno.
static int attach_free(int image, char path[32]) {
    int number = ioctl(control, LOOP_CTL_GET_FREE);
    if (number < 0) return -1;
    snprintf(path, 32, "/dev/loop%d", number);
    int device = open(path, O_RDWR | O_CLOEXEC);
    if (device < 0) return -1;
    // Not LO_FLAGS_DIRECT_IO: a mount would wait for the disk to take the copy of the template first.
    struct loop_config configuration = {.fd = (unsigned)image, .block_size = 4096};
    configuration.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (ioctl(device, LOOP_CONFIGURE, &configuration) == 0) return device;
    int error = errno;
    close(device);
    errno = error;
    return -1;
}

// One at a time: who asks for a free device at the same time as another gets the same one.
static int attach(int image, char path[32]) {
    (void)flock(turn, LOCK_EX);
    int device = attach_free(image, path);
    int error = errno;
    (void)flock(turn, LOCK_UN);
    errno = error;
    return device;
}

static int mount_device(const char *path) {
    int result = -1;
    int context = sys_fsopen("ext4");
    // Nothing of it outlives the sandbox: no barriers, and freed blocks go back to the disk.
    if (context >= 0 && sys_fsconfig(context, FSCONFIG_SET_STRING, "source", path) == 0 &&
        sys_fsconfig(context, FSCONFIG_SET_FLAG, "nobarrier", NULL) == 0 &&
        sys_fsconfig(context, FSCONFIG_SET_FLAG, "discard", NULL) == 0 &&
        sys_fsconfig(context, FSCONFIG_SET_FLAG, "noinit_itable", NULL) == 0 &&
        sys_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) == 0)
        result = sys_fsmount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    int error = errno;
    close_if_open(&context);
    errno = error;
    return result;
}

// A mount of an image. -1 with errno.
static int mount_image(int image) {
    char path[32];
    for (int attempt = 0;; attempt++) {
        int device = attach(image, path);
        int result = device < 0 ? -1 : mount_device(path);
        int error = errno;
        close_if_open(&device);
        errno = error;
        // Busy: someone else on this machine was faster to take the free device, or looks at it.
        if (result >= 0 || error != EBUSY || attempt == ATTEMPTS) return result;
        // Not all who wait at the same moment.
        struct timespec now, pause = {0};
        clock_gettime(CLOCK_MONOTONIC, &now);
        pause.tv_nsec = 100000 + (now.tv_nsec / 64 * 7919 + getpid() * 104729L) % (100000L * (attempt + 1));
        nanosleep(&pause, NULL);
    }
}

static int format(int image) {
    // The child's own number for it: 9, as descriptors are close-on-exec.
    char *arguments[] = {"mkfs.ext4", "-q", "-F", "-m", "0", "-b", "4096", "-I", "256", "-i", "16384",
                         "-O", "^has_journal,^resize_inode,^64bit", "-E", "lazy_itable_init=1,nodiscard",
                         "/proc/self/fd/9", NULL};
    char *environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0) return -1;
    posix_spawn_file_actions_adddup2(&actions, image, 9);
    pid_t pid;
    int error = posix_spawn(&pid, formatter, &actions, NULL, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        errno = error;
        return -1;
    }
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return -1;
    errno = EIO;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int make_template(unsigned mib) {
    int image = new_image();
    if (image < 0) return -1;
    if (ftruncate(image, image_size(mib)) == 0 && format(image) == 0) {
        int mount = mount_image(image);
        int root = mount < 0 ? -1 : openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close_if_open(&mount);
        if (root >= 0) {
            bool done = unlinkat(root, "lost+found", AT_REMOVEDIR) == 0 && fchmod(root, 01777) == 0;
            done = syncfs(root) == 0 && done;
            // With the last descriptor the mount goes, and its last writes are in the image.
            close(root);
            if (done) return image;
        }
    }
    int error = errno;
    close(image);
    errno = error;
    return -1;
}

static int template_for(unsigned mib) {
    int place = 0;
    for (int i = 0; i < TEMPLATES_MAX; i++) {
        if (templates[i].image >= 0 && templates[i].mib == mib) {
            templates[i].used = ++uses;
            return templates[i].image;
        }
        if (templates[i].used < templates[place].used) place = i;
    }
    int image = make_template(mib);
    if (image < 0) return -1;
    close_if_open(&templates[place].image);
    templates[place].image = image;
    templates[place].mib = mib;
    templates[place].used = ++uses;
    return image;
}

void tmpdisk_prepare(unsigned mib) {
    if (template_for(mib) < 0) complain("cannot prepare a disk for /tmp: %s", strerror(errno));
}

int tmpdisk_descriptors(int *descriptors) {
    int count = 0;
    descriptors[count++] = data_folder;
    descriptors[count++] = control;
    descriptors[count++] = turn;
    for (int i = 0; i < TEMPLATES_MAX; i++)
        if (templates[i].image >= 0) descriptors[count++] = templates[i].image;
    return count;
}

// Only what is not a hole: some sixty kilobytes. Shared, where the file system can.
static int copy_image(int from, int to, unsigned mib) {
    if (ioctl(to, FICLONE, from) == 0) return 0;
    if (ftruncate(to, image_size(mib)) < 0) return -1;
    for (off_t at = 0;;) {
        off_t start = lseek(from, at, SEEK_DATA);
        if (start < 0) return errno == ENXIO ? 0 : -1;
        off_t end = lseek(from, start, SEEK_HOLE);
        if (end < 0) return -1;
        off_t in = start, out = start;
        while (in < end) {
            ssize_t size = copy_file_range(from, &in, to, &out, (size_t)(end - in), 0);
            if (size < 0 && errno == EINTR) continue;
            if (size <= 0) return -1;
        }
        at = end;
    }
}

int tmpdisk_make(unsigned mib) {
    int from = template_for(mib);
    if (from < 0) return -1;
    int image = new_image();
    if (image < 0) return -1;
    int result = copy_image(from, image, mib) < 0 ? -1 : mount_image(image);
    int error = errno;
    close(image);
    errno = error;
    return result;
}
