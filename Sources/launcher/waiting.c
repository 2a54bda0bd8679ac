#include "system.h"
#include "waiting.h"

#include <string.h>
#include <sys/mman.h>

// One in memory of its own, which a new process gets wiped: it holds the secrets of a function that is not the one that
// the process is made for.
struct waiting {
    struct waiting *next;
    size_t size;
    unsigned mib;
    unsigned char bytes[];
};

enum { WAITING_MAX = 4096 };
static struct waiting *first, **end = &first;
static int count;

bool waiting_add(const void *message, size_t size, unsigned mib) {
    if (count == WAITING_MAX) return false;
    struct waiting *added =
        mmap(NULL, sizeof *added + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (added == MAP_FAILED) return false;
    (void)madvise(added, sizeof *added + size, MADV_WIPEONFORK);
    *added = (struct waiting){.size = size, .mib = mib};
    memcpy(added->bytes, message, size);
    *end = added;
    end = &added->next;
    count++;
    return true;
}

int waiting_count(unsigned mib) {
    int found = 0;
    for (struct waiting *one = first; one; one = one->next) found += one->mib == mib;
    return found;
}

unsigned waiting_first(const unsigned *skip, int skipped) {
    for (struct waiting *one = first; one; one = one->next) {
        bool passed = false;
        for (int i = 0; i < skipped; i++) passed = passed || skip[i] == one->mib;
        if (!passed) return one->mib;
    }
    return 0;
}

size_t waiting_take(unsigned mib, void *buffer, size_t capacity) {
    for (struct waiting **place = &first; *place; place = &(*place)->next) {
        struct waiting *one = *place;
        if (one->mib != mib || one->size > capacity) continue;
        size_t size = one->size;
        memcpy(buffer, one->bytes, size);
        *place = one->next;
        if (!one->next) end = place;
        count--;
        munmap(one, sizeof *one + size);
        return size;
    }
    return 0;
}
