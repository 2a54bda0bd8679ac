import Glibc

/// Makes TCP connections to programs inside a sandbox, one at a time, over a socket that was born in its network namespace.
///
/// The launcher hands out listening sockets. On Linux one that is told to connect to nowhere (`AF_UNSPEC`) is a fresh socket again,
/// and so is one whose connection has ended: it stays in its namespace and can be connected from here.
struct SandboxDialer {
    private let socket: Int32

    /// Takes ownership of the listening socket, which listens no longer.
    /// - Returns: nil if the system refuses.
    init?(listeningSocket: Int32) {
        socket = listeningSocket
        guard reset() else {
            _ = Glibc.close(listeningSocket)
            return nil
        }
        _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK)
    }

    /// Connects to a port of the sandbox's 127.0.0.1. What was connected before is cut off.
    /// - Returns: a descriptor for the caller to close; nil if nobody listens there.
    func dial(port: Int) -> Int32? {
        guard reset() else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result != 0 {
            // Within one machine a connection is made at once, or not at all.
            var poll = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
            guard errno == EINPROGRESS, Glibc.poll(&poll, 1, 0) == 1, failure == 0 else { return nil }
        }
        let copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        return copy >= 0 ? copy : nil
    }

    func close() { _ = Glibc.close(socket) }

    private func reset() -> Bool {
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        return connect(socket, &nowhere, socklen_t(MemoryLayout<sockaddr>.size)) == 0
    }

    private var failure: Int32 {
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno
    }
}
