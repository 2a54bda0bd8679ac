internal import CLauncherProtocol
internal import Sandbox

/// A message from the launcher.
struct LauncherMessage {
    var kind: UInt32
    var status: UInt32
    var request: UInt64
    var sandbox: UInt64
    var body: [UInt8]
    var descriptors: [Descriptor]
    /// With ML_STARTED: the end of the sandbox, which may have come since.
    var end: SandboxEnd?

    /// nil: not a message of this protocol. Takes ownership of the descriptors in any case.
    init?(_ bytes: UnsafeRawBufferPointer, descriptors: [Descriptor]) {
        var header = ml_header()
        let size = MemoryLayout<ml_header>.size
        guard bytes.count >= size else { return nil }
        withUnsafeMutableBytes(of: &header) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<size])) }
        guard Int(header.size) == bytes.count else { return nil }
        kind = UInt32(header.kind)
        status = UInt32(header.status)
        request = header.request
        sandbox = header.sandbox
        body = Array(bytes[size...])
        self.descriptors = descriptors
    }

    /// The body's fixed part; nil if it is too short. `Fixed` is one of the protocol's plain structs.
    func fixed<Fixed: BitwiseCopyable>(_ type: Fixed.Type) -> Fixed? {
        guard body.count >= MemoryLayout<Fixed>.size else { return nil }
        return body.withUnsafeBytes { $0.loadUnaligned(as: Fixed.self) }
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// What an answer that is not ML_OK means.
    var error: SandboxError? {
        switch status {
        case ML_OK.rawValue: nil
        case ML_INVALID_ENTRYPOINT.rawValue: .invalidEntrypoint(text)
        case ML_EXHAUSTED.rawValue: .exhausted(text)
        case ML_UNKNOWN_SANDBOX.rawValue: .failed("the sandbox has ended")
        case ML_INVALID_MESSAGE.rawValue: .failed("the launcher refuses: \(text)")
        default: .failed(text)
        }
    }

    /// The bytes of a request.
    static func encode(_ kind: ml_kind, request: UInt64, sandbox: UInt64, body: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(MemoryLayout<ml_header>.size + body.count)
        let header = ml_header(
            size: UInt32(MemoryLayout<ml_header>.size + body.count), kind: UInt16(kind.rawValue), status: 0,
            request: request,
            sandbox: sandbox)
        bytes.append(fixed: header)
        bytes += body
        return bytes
    }
}

extension [UInt8] {
    mutating func append<Fixed: BitwiseCopyable>(fixed: Fixed) {
        Swift.withUnsafeBytes(of: fixed) { append(contentsOf: $0) }
    }

    mutating func append(string: String) {
        append(fixed: UInt32(string.utf8.count))
        append(contentsOf: string.utf8)
    }
}
