import Foundation

/// How the C library's allocator is set.
enum Allocator {
    /// Pieces of objects, which come and go by the thousand, are neither mapped anew each time nor given back at once: the kernel would
    /// have to clear each of their pages again.
    static func tune() {
        #if canImport(Glibc)
            mallopt(M_MMAP_THRESHOLD, 2 << 20)
            mallopt(M_TRIM_THRESHOLD, 8 << 20)
        #endif
    }
}
