import DataPlane
import FrontDoor
import Glibc
import ServiceKit
import Synchronization

/// Serves the platform's APIs inside sandboxes: on the port that the platform itself listens on, and on those of HTTP and HTTPS,
/// where programs call that know nothing of the platform, by AWS's names.
final class SandboxEndpoint: FunctionEndpoint {
    private struct Connection {
        var door: FrontDoor
        var ports: [Int]
        var tls: TLSContext
    }

    private static let ownPorts = [443, 80]
    private let connected = Mutex<Connection?>(nil)

    /// The front door exists only after the services that it leads to, and these need this. `tls` is what sandboxes trust.
    func connect(_ door: FrontDoor, port: Int, tls: TLSContext) {
        let ports = [port] + Self.ownPorts.filter { $0 != port }
        connected.withLock { $0 = Connection(door: door, ports: ports, tls: tls) }
    }

    var ports: [Int] { connected.withLock { $0?.ports } ?? [] }

    func serve(
        listeningSockets: [Int32], account: String, region: String, principal: Principal
    ) -> @Sendable () -> Void {
        guard let connection = connected.withLock({ $0 }) else {
            for socket in listeningSockets { close(socket) }
            return {}
        }
        let listener = connection.door.serve(
            listeningSockets: listeningSockets,
            as: SandboxIdentity(principal: principal, account: account, region: region), tls: connection.tls)
        return { listener.abandon() }
    }
}
