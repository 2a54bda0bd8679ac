import Foundation

/// Real time, for signatures and `Date` headers, which never follow a moved clock.
enum WallClock {
    /// Seconds since 1970-01-01T00:00:00Z.
    static var seconds: Int64 { Int64(Date().timeIntervalSince1970) }
}
