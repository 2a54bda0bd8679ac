import Glibc

/// Why the launcher cannot be started or root cannot be given up; for the person who starts Martlet.
public struct LauncherError: Error, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }

    /// What failed, with the system's reason.
    init(_ what: String, code: Int32) {
        self.description = "\(what): \(String(cString: strerror(code)))"
    }
}
