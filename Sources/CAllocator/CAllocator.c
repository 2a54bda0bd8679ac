#include "CAllocator.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

void martlet_set_allocator(size_t mapped_from, size_t kept) {
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, (int)mapped_from);
    mallopt(M_TRIM_THRESHOLD, (int)kept);
#else
    (void)mapped_from;
    (void)kept;
#endif
}
