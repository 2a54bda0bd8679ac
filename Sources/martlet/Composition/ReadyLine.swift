import Foundation
import Persistence
import ServiceKit

/// The one line that says that the platform is ready.
struct ReadyLine: Sendable {
    let settings: Settings
    let ground: Ground
    let began: ContinuousClock.Instant
    let rootKey: AccessKey

    @Sendable func print(port: Int) {
        let (seconds, attoseconds) = began.duration(to: .now).components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        let host = settings.host == "127.0.0.1" ? "localhost" : settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        let place = settings.ephemeral ? "in memory" : "data in \(ground.namedFolder)"
        let durability = settings.durability == .relaxed && !settings.ephemeral ? ", relaxed durability" : ""
        let warning =
            settings.authentication == .open && !settings.listensOnLoopback
            ? "; WARNING: everybody who reaches \(settings.host) is root" : ""
        Swift.print(
            "Martlet \(MartletVersion.current) is ready at http://\(host):\(port) after \(milliseconds) ms (\(place)\(durability), --auth \(settings.authentication.rawValue))\(warning)"
        )
        fflush(nil)
    }
}
