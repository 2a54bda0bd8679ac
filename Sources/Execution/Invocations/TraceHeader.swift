import ServiceKit
import ServiceModel

/// The X-Ray trace header of an invocation.
public struct TraceHeader: Sendable, Hashable {
    /// What the function sees as `_X_AMZN_TRACE_ID`.
    public var value: String
    /// The root id, `1-…-…`.
    public var root: String
    public var sampled: Bool

    /// Takes the caller's header, or makes one. `now` is in seconds since the epoch. `lineage` is what stands for the function in
    /// ``InvocationLineage``: it is noted that the chain has come through it.
    public init(_ header: String?, now: Int64, lineage: String? = nil) {
        self.init(header, now: now)
        guard let lineage else { return }
        if let header, header == value {
            value = InvocationLineage(header: header).adding(lineage).replacing(in: header)
        } else {
            // Nearly every chain begins here.
            value += ";Lineage=\(lineage):1"
        }
    }

    private init(_ header: String?, now: Int64) {
        if let header, header.utf8.count <= 1024, header.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
            var fields: [Substring: Substring] = [:]
            for part in header.split(separator: ";") {
                let pair = part.split(separator: "=", maxSplits: 1)
                if pair.count == 2 { fields[pair[0].trimmingSpaces] = pair[1].trimmingSpaces }
            }
            if let root = fields["Root"] {
                self.root = String(root)
                sampled = fields["Sampled"] == "1"
                value = header
                return
            }
        }
        let random = BufferedRandom()
        root =
            "1-\(Hexadecimal.text(UInt64(max(0, now)), digits: 8))-\(Hexadecimal.text(random.next(), digits: 16))"
            + Hexadecimal.text(random.next(), digits: 8)
        sampled = false
        value = "Root=\(root);Parent=\(Hexadecimal.text(random.next(), digits: 16));Sampled=0"
    }
}
