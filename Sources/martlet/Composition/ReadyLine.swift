import Foundation
import Persistence
import ServiceKit

/// The one line that says that the platform is ready.
struct ReadyLine: Sendable {
    let settings: Settings
    let ground: Ground
    let security: TransportSecurity
    let began: ContinuousClock.Instant
    let rootKey: AccessKey

    @Sendable func print(port: Int) {
        let (seconds, attoseconds) = began.duration(to: .now).components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        let host =
            settings.host == "127.0.0.1"
            ? "localhost" : settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        let place = settings.ephemeral ? "in memory" : "data in \(ground.namedFolder)"
        let durability = settings.durability == .relaxed && !settings.ephemeral ? ", relaxed durability" : ""
        let warning =
            settings.authentication == .open && !settings.listensOnLoopback
            ? "; WARNING: everybody who reaches \(settings.host) is root" : ""
        let trust = security.trust.map { "; clients trust \($0)" } ?? ""
        // Nothing else could tell it: the folder is gone with the process.
        let key =
            settings.ephemeral && settings.authentication == .iam
            ? "; root key AWS_ACCESS_KEY_ID=\(rootKey.id) AWS_SECRET_ACCESS_KEY=\(rootKey.secret)" : ""
        Swift.print(
            "Martlet \(MartletVersion.current) is ready at \(security.scheme)://\(host):\(port) after \(milliseconds) ms (\(place)\(durability), --auth \(settings.authentication.rawValue))\(trust)\(security.warning())\(key)\(warning)"
        )
        fflush(nil)
    }
}
