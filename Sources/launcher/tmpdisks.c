#include "system.h"
#include "tmpdisks.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "CLauncherProtocol.h"
#include "tmpdisk.h"

enum { MAKERS = 3, ORDERS_PER_MAKER = 2, SIZES = 8, SPARES_LEAST = 3, SPARES_MOST = 32 };
enum { COOLING_MILLISECONDS = 1000, HEAT_MOST = 24 };

// To a maker: a size, or with a descriptor a disk to undo. From it: a disk of that size, or why not.
struct order {
    uint32_t mib;
    int32_t error;
};

static struct maker {
    pid_t process;
    int socket;  // -1: it does not run
    int orders;
    uint32_t mib[ORDERS_PER_MAKER];
} makers[MAKERS];

static struct size {
    unsigned mib;  // 0: free
    unsigned long used;
    int spares[SPARES_MOST];
    int count;
    int ordered;
    int failure;
    double heat;  // disks taken lately
    int64_t cooled;
} sizes[SIZES];

static unsigned long uses;
static int poll_descriptor = -1;
static uint64_t first_tag;

static int64_t now_milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

// MARK: In a maker

static int by_value(const void *left, const void *right) { return *(const int *)left - *(const int *)right; }

static void keep_only(int socket) {
    int kept[TMPDISK_DESCRIPTORS_MAX + 4];
    int count = tmpdisk_descriptors(kept);
    for (int descriptor = 0; descriptor <= 2; descriptor++) kept[count++] = descriptor;
    kept[count++] = socket;
    qsort(kept, (size_t)count, sizeof *kept, by_value);
    for (int i = 0; i < count; i++)
        (void)sys_close_range((unsigned)kept[i] + 1, i + 1 < count ? (unsigned)kept[i + 1] - 1 : ~0u);
}

static _Noreturn void make_disks(int socket) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) _exit(1);
    prctl(PR_SET_NAME, "launcher-disks", 0, 0, 0);
    keep_only(socket);
    if (!tmpdisk_divide()) _exit(1);
    for (;;) {
        struct order order;
        int descriptors[ML_DESCRIPTORS_MAX], count;
        // The end of the launcher is the end of this.
        if (ml_receive(socket, &order, sizeof order, descriptors, &count, 0) != (ssize_t)sizeof order) _exit(0);
        if (count > 0) {
            for (int i = 0; i < count; i++) close(descriptors[i]);
            continue;
        }
        int disk = tmpdisk_make(order.mib);
        order.error = disk < 0 ? (errno ? errno : EIO) : 0;
        if (ml_send(socket, &order, sizeof order, &disk, disk >= 0, 0) < 0) _exit(0);
        close_if_open(&disk);
    }
}

// MARK: In the launcher

void tmpdisks_open(int poll, uint64_t tag) {
    poll_descriptor = poll;
    first_tag = tag;
    for (int i = 0; i < MAKERS; i++) makers[i].socket = -1;
}

static bool start_maker(int index) {
    int ends[2];
    if (poll_descriptor < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return false;
    pid_t pid = fork();
    if (pid == 0) make_disks(ends[1]);
    close(ends[1]);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = first_tag + (uint64_t)index};
    if (pid < 0 || epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, ends[0], &event) < 0) {
        close(ends[0]);
        if (pid > 0) (void)waitpid(pid, NULL, 0);
        return false;
    }
    makers[index] = (struct maker){.process = pid, .socket = ends[0]};
    return true;
}

static struct size *find(unsigned mib) {
    for (int i = 0; i < SIZES; i++)
        if (sizes[i].mib == mib) return &sizes[i];
    return NULL;
}

// To be undone, elsewhere.
static void discard(int disk) {
    struct order order = {0};
    for (int i = 0; i < MAKERS; i++)
        if (makers[i].socket >= 0 && ml_send(makers[i].socket, &order, sizeof order, &disk, 1, MSG_DONTWAIT) == 0) break;
    close(disk);
}

static struct size *size_of(unsigned mib) {
    struct size *size = find(mib);
    if (!size) {
        size = &sizes[0];
        for (int i = 0; i < SIZES; i++)
            if (sizes[i].used < size->used) size = &sizes[i];
        while (size->count > 0) discard(size->spares[--size->count]);
        *size = (struct size){.mib = mib, .cooled = now_milliseconds()};
    }
    size->used = ++uses;
    return size;
}

static void lose(struct maker *maker) {
    epoll_ctl(poll_descriptor, EPOLL_CTL_DEL, maker->socket, NULL);
    close_if_open(&maker->socket);
    (void)kill(maker->process, SIGKILL);
    while (waitpid(maker->process, NULL, 0) < 0 && errno == EINTR) continue;
    for (int i = 0; i < maker->orders; i++) {
        struct size *size = find(maker->mib[i]);
        if (size && size->ordered > 0) size->ordered--;
    }
    maker->orders = 0;
    complain("lost a process that makes disks for /tmp");
}

bool tmpdisks_event(uint64_t tag) {
    if (tag < first_tag || tag >= first_tag + MAKERS) return false;
    struct maker *maker = &makers[tag - first_tag];
    if (maker->socket < 0) return true;
    struct order order;
    int descriptors[ML_DESCRIPTORS_MAX], count;
    ssize_t got = ml_receive(maker->socket, &order, sizeof order, descriptors, &count, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (got != (ssize_t)sizeof order) {
        lose(maker);
        return true;
    }
    for (int i = 0; i < maker->orders; i++) {
        if (maker->mib[i] != order.mib) continue;
        maker->mib[i] = maker->mib[--maker->orders];
        break;
    }
    struct size *size = find(order.mib);
    if (size && size->ordered > 0) size->ordered--;
    // Busy: many make disks on this machine at the moment. It is tried again.
    if (size && count == 0 && order.error != EBUSY) size->failure = order.error ? order.error : EIO;
    for (int i = 0; i < count; i++) {
        if (size && size->count < SPARES_MOST)
            size->spares[size->count++] = descriptors[i];
        else
            discard(descriptors[i]);
    }
    return true;
}

static struct maker *idle_maker(void) {
    struct maker *best = NULL;
    for (int i = 0; i < MAKERS; i++)
        if (makers[i].socket >= 0 && makers[i].orders < ORDERS_PER_MAKER && (!best || makers[i].orders < best->orders))
            best = &makers[i];
    // Another one only when those that run have enough to do.
    for (int i = 0; i < MAKERS && !best; i++)
        if (makers[i].socket < 0 && start_maker(i)) best = &makers[i];
    return best;
}

static void cool(struct size *size) {
    for (int64_t now = now_milliseconds(); now - size->cooled >= COOLING_MILLISECONDS;
         size->cooled += COOLING_MILLISECONDS) {
        size->heat /= 2;
        if (now - size->cooled > 60 * COOLING_MILLISECONDS) size->cooled = now;
    }
}

// How many there should be ahead: as many as were taken lately, and a few of the size that was taken last.
static int wanted(struct size *size) {
    cool(size);
    int least = size->used == uses ? SPARES_LEAST : 0;
    return size->heat > least ? (int)size->heat : least;
}

static void order_for(struct size *size, int waiting) {
    while (size->count + size->ordered < wanted(size) + waiting && size->failure == 0) {
        struct maker *maker = idle_maker();
        struct order order = {.mib = size->mib};
        if (!maker || ml_send(maker->socket, &order, sizeof order, NULL, 0, MSG_DONTWAIT) < 0) return;
        maker->mib[maker->orders++] = size->mib;
        size->ordered++;
    }
}

int tmpdisks_order(unsigned mib, int waiting) {
    if (mib) order_for(size_of(mib), waiting);
    int wait = -1;
    for (int i = 0; i < SIZES; i++) {
        struct size *size = &sizes[i];
        if (!size->mib) continue;
        if (size->mib != mib) order_for(size, 0);
        while (size->count > wanted(size)) discard(size->spares[--size->count]);
        if (size->heat >= 1) wait = COOLING_MILLISECONDS;
    }
    return wait;
}

static bool can_order(void) {
    for (int i = 0; i < MAKERS; i++)
        if (makers[i].socket >= 0) return true;
    return start_maker(0);
}

bool tmpdisks_has(unsigned mib) {
    struct size *size = size_of(mib);
    // Without makers it is made at once, whatever that takes.
    return size->count > 0 || !can_order();
}

int tmpdisks_take(unsigned mib) {
    struct size *size = size_of(mib);
    cool(size);
    if (size->heat < HEAT_MOST) size->heat += 1;
    if (size->count > 0) return size->spares[--size->count];
    return tmpdisk_make(mib);
}

int tmpdisks_failure(unsigned mib) {
    struct size *size = find(mib);
    int failure = size ? size->failure : 0;
    if (size) size->failure = 0;
    return failure;
}

void tmpdisks_close(void) {
    if (poll_descriptor < 0) return;
    for (int i = 0; i < SIZES; i++)
        while (sizes[i].count > 0) close(sizes[i].spares[--sizes[i].count]);
    for (int i = 0; i < MAKERS; i++) {
        if (makers[i].socket < 0) continue;
        close_if_open(&makers[i].socket);
        (void)kill(makers[i].process, SIGKILL);
        while (waitpid(makers[i].process, NULL, 0) < 0 && errno == EINTR) continue;
    }
}
