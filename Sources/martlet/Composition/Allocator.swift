import CAllocator

/// How the C library's allocator is set.
enum Allocator {
    /// Pieces of objects, which come and go by the thousand, are neither mapped anew each time nor given back at once: the kernel would
    /// have to clear each of their pages again.
    static func tune() { martlet_set_allocator(2 << 20, 8 << 20) }
}
