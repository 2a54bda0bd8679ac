#ifndef MARTLET_CALLOCATOR_H
#define MARTLET_CALLOCATOR_H

#include <stddef.h>

/// Sets from which size on the C library maps each piece of memory of its own, and how much it keeps that is free. Does nothing where
/// the library has no such settings.
void martlet_set_allocator(size_t mapped_from, size_t kept);

#endif
