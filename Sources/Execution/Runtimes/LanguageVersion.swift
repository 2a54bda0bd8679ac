/// The version of a language: as much of `major.minor.patch` as is known.
public struct LanguageVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var major: Int
    public var minor: Int?
    public var patch: Int?

    public init(major: Int, minor: Int? = nil, patch: Int? = nil) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Reads `20`, `3.12` or `v3.12.1`. More parts, other characters, or numbers beyond 9999 are no version.
    public init?(_ text: some StringProtocol) {
        let parts = text.drop(while: { $0 == "v" }).split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> Int? in
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            return Int(part)
        }
        guard (1...3).contains(parts.count), numbers.count == parts.count else { return nil }
        self.init(
            major: numbers[0], minor: numbers.count > 1 ? numbers[1] : nil, patch: numbers.count > 2 ? numbers[2] : nil)
    }

    public var description: String {
        [major, minor, patch].compactMap { $0.map { String($0) } }.joined(separator: ".")
    }

    /// An unknown part comes before every known one.
    public static func < (left: LanguageVersion, right: LanguageVersion) -> Bool {
        (left.major, left.minor ?? -1, left.patch ?? -1) < (right.major, right.minor ?? -1, right.patch ?? -1)
    }
}
