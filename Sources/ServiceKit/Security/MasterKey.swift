import Crypto

/// The 32 random bytes from which an installation's encryption keys are derived. It does not show itself in logs.
public struct MasterKey: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    public let bytes: [UInt8]

    /// A new random key.
    public init() { bytes = SymmetricKey(size: .bits256).withUnsafeBytes { [UInt8]($0) } }

    /// - Returns: nil unless there are 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    public var description: String { "MasterKey(…)" }
    public var debugDescription: String { description }
}
