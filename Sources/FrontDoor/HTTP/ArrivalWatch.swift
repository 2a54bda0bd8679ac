import CEpoll
import Glibc
import Synchronization

/// Waits for the first connection at listening sockets that may never see one.
///
/// A sandbox has several sockets, and most functions use none of them. Serving one costs a channel on an event loop, waiting here an
/// entry in a table and one system call: all wait in one epoll, on one thread, however many there are.
final class ArrivalWatch: Sendable {
    /// The process's own.
    static let shared = ArrivalWatch()

    /// What waits: its socket, which belongs to the watch until it is handed over or given up.
    private struct Waiting {
        var socket: CInt
        var arrived: @Sendable (CInt) -> Void
    }

    private struct State {
        var epoll: CInt = -1
        var lastTicket: UInt64 = 0
        var waiting: [UInt64: Waiting] = [:]
    }

    private let state = Mutex(State())

    /// Takes over a listening socket, and hands it to `arrived`, once, on a thread of its own, when there is a connection to accept.
    /// - Returns: a ticket for ``giveUp(_:)``; nil: the system has no room, and the socket is still the caller's.
    func wait(for socket: CInt, arrived: @escaping @Sendable (CInt) -> Void) -> UInt64? {
        state.withLock { state in
            if state.epoll < 0, !start(&state) { return nil }
            state.lastTicket += 1
            let ticket = state.lastTicket
            guard ce_add(state.epoll, socket, ticket) == 0 else { return nil }
            state.waiting[ticket] = Waiting(socket: socket, arrived: arrived)
            return ticket
        }
    }

    /// Closes the socket, unless it has been handed over.
    func giveUp(_ ticket: UInt64) {
        if let socket = take(ticket)?.socket { close(socket) }
    }

    /// How many wait; for tests.
    var count: Int { state.withLock { $0.waiting.count } }

    private func take(_ ticket: UInt64) -> Waiting? {
        state.withLock { state in
            guard let waiting = state.waiting.removeValue(forKey: ticket) else { return nil }
            _ = ce_remove(state.epoll, waiting.socket)
            return waiting
        }
    }

    private func start(_ state: inout State) -> Bool {
        let epoll = ce_open()
        guard epoll >= 0 else { return false }
        var attributes = pthread_attr_t()
        var thread = pthread_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 256 * 1024)
        // The watch lives as long as its thread.
        let owner = Unmanaged.passRetained(Owner(watch: self, epoll: epoll))
        let error = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                let owner = Unmanaged<Owner>.fromOpaque(argument).takeRetainedValue()
                owner.watch.run(owner.epoll)
                return nil
            }, owner.toOpaque())
        guard error == 0 else {
            owner.release()
            close(epoll)
            return false
        }
        state.epoll = epoll
        return true
    }

    private final class Owner: Sendable {
        let watch: ArrivalWatch
        let epoll: CInt

        init(watch: ArrivalWatch, epoll: CInt) {
            self.watch = watch
            self.epoll = epoll
        }
    }

    private func run(_ epoll: CInt) {
        var tickets = [UInt64](repeating: 0, count: 64)
        while true {
            let count = ce_wait(epoll, &tickets, CInt(tickets.count))
            if count < 0, errno != EINTR { return }
            // One that was given up meanwhile has no entry any more.
            for ticket in tickets.prefix(Int(max(0, count))) {
                if let waiting = take(ticket) { waiting.arrived(waiting.socket) }
            }
        }
    }
}
