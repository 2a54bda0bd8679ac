import DataPlane
import FrontDoor
import ServiceKit
import Synchronization

/// Serves the platform's APIs inside sandboxes, on the port that the platform itself listens on.
final class SandboxEndpoint: FunctionEndpoint {
    private let connected = Mutex<(door: FrontDoor, port: Int)?>(nil)

    /// The front door exists only after the services that it leads to, and these need this.
    func connect(_ door: FrontDoor, port: Int) { connected.withLock { $0 = (door, port) } }

    var port: Int { connected.withLock { $0?.port } ?? 4566 }

    func serve(
        listeningSocket: Int32, account: String, region: String, principal: Principal
    ) async throws -> @Sendable () -> Void {
        guard let door = connected.withLock({ $0?.door }) else { throw CancellationError() }
        let listener = try await door.serve(
            listeningSocket: listeningSocket,
            as: SandboxIdentity(principal: principal, account: account, region: region))
        return { Task { await listener.close() } }
    }
}
