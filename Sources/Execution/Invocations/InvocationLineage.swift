import ServiceModel

/// Through which functions a chain of invocations has come, and how often through each: the field `Lineage` of the X-Ray trace header,
/// which SDKs pass on, and by which Lambda stops functions that invoke themselves round and round
/// (https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html).
public struct InvocationLineage: Sendable, Hashable {
    /// How often a function may be in a chain.
    public static let limit = 16
    /// Functions that are remembered; of a longer chain, the oldest are forgotten.
    private static let capacity = 16

    private var entries: [(hash: Substring, count: Int)] = []

    /// What a trace header says.
    public init(header: String?) {
        guard let header, let range = Self.field(header) else { return }
        for entry in header[range].split(separator: "|").suffix(Self.capacity) {
            let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count >= 2, let count = Int(parts[parts.count - 1]), (0...1_000_000).contains(count) else {
                continue
            }
            entries.append((parts[parts.count - 2], count))
        }
    }

    /// How often the chain has come through a function.
    public func count(_ hash: String) -> Int { entries.first { $0.hash == hash }?.count ?? 0 }

    /// How often the chain has come through the function that is in it most; 0 for no chain.
    public var longest: Int { entries.reduce(0) { max($0, $1.count) } }

    /// The chain with one more invocation of the function.
    public func adding(_ hash: String) -> InvocationLineage {
        var lineage = self
        if let index = lineage.entries.firstIndex(where: { $0.hash == hash }) {
            lineage.entries[index].count += 1
        } else {
            if lineage.entries.count == Self.capacity { lineage.entries.removeFirst() }
            lineage.entries.append((hash[...], 1))
        }
        return lineage
    }

    public static func == (a: Self, b: Self) -> Bool { a.text == b.text }
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// `a87bd80c:1|68fd508a:5`.
    public var text: String { entries.map { "\($0.hash):\($0.count)" }.joined(separator: "|") }

    /// A header with this lineage in place of its own, if it has one.
    public func replacing(in header: String) -> String {
        guard let range = Self.field(header) else { return "\(header);Lineage=\(text)" }
        return header.replacingCharacters(in: range, with: text)
    }

    /// What stands for a function in lineages: FNV-1a of its ARN without a qualifier.
    public static func hash(functionARN: String) -> String {
        let hash = functionARN.utf8.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        return Hexadecimal.text(UInt64(hash), digits: 8)
    }

    /// Where the value of the field is.
    private static func field(_ header: String) -> Range<String.Index>? {
        var start = header.startIndex
        while start < header.endIndex {
            let end = header[start...].firstIndex(of: ";") ?? header.endIndex
            let name = header[start..<end].drop { $0 == " " }
            if name.hasPrefix("Lineage=") {
                return header.index(name.startIndex, offsetBy: "Lineage=".count)..<end
            }
            start = end == header.endIndex ? end : header.index(after: end)
        }
        return nil
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
