/// The unique ids that IAM gives to entities and access keys, such as `AROAQAAAAAAAMR5XK5CGV`: a prefix that tells the
/// kind, then base 32 (A–Z, 2–7). As on AWS the account can be read from it: the first of the 80 bits is set, the next
/// 40 are the account.
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>.
public enum UniqueID {
    /// What an id belongs to, by its prefix.
    public enum Kind: String, Sendable, CaseIterable {
        case accessKey = "AKIA"
        case temporaryAccessKey = "ASIA"
        case user = "AIDA"
        case role = "AROA"
        case group = "AGPA"
        case instanceProfile = "AIPA"
        case managedPolicy = "ANPA"

        /// How many characters follow the prefix.
        var length: Int {
            switch self {
            case .accessKey, .temporaryAccessKey: 16
            default: 17
            }
        }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// A new id. An account that is not twelve digits is taken as 000000000000.
    public static func make(_ kind: Kind, account: String) -> String {
        var generator = SystemRandomNumberGenerator()
        return make(kind, account: account, using: &generator)
    }

    /// A new id, its random part from `generator`.
    public static func make(_ kind: Kind, account: String, using generator: inout some RandomNumberGenerator) -> String
    {
        // 41 bits say the account, 39 are random, further characters are random too.
        let number = AccountID.number(account) ?? 0
        let random = generator.next() as UInt64
        let high = (1 << 40 | number)  // the first 41 bits
        var bits = UInt128(high) << 39 | UInt128(random & ((1 << 39) - 1))
        var characters = [UInt8](repeating: 0, count: 16)
        for index in characters.indices.reversed() {
            characters[index] = alphabet[Int(bits & 31)]
            bits >>= 5
        }
        for index in 16..<max(16, kind.length) {
            characters.append(alphabet[Int((random >> (40 + 5 * UInt64(index - 16))) & 31)])
        }
        return kind.rawValue + String(decoding: characters, as: UTF8.self)
    }

    /// The account in an id; nil if it does not tell one: it is malformed, or older than this form.
    public static func account(of id: some StringProtocol) -> String? {
        let bytes = Array(id.utf8)
        guard (20...21).contains(bytes.count), Kind(rawValue: String(id.prefix(4))) != nil else { return nil }
        var bits: UInt64 = 0
        // Nine characters are 45 bits: one flag, forty of account, four of the random part.
        for byte in bytes[4..<13] {
            guard let value = value(byte) else { return nil }
            bits = bits << 5 | UInt64(value)
        }
        guard bytes[13...].allSatisfy({ value($0) != nil }), bits >> 44 == 1 else { return nil }
        let number = bits >> 4 & ((1 << 40) - 1)
        return number < 1_000_000_000_000 ? AccountID.text(number) : nil
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "2")...UInt8(ascii: "7"): byte - UInt8(ascii: "2") + 26
        default: nil
        }
    }
}
