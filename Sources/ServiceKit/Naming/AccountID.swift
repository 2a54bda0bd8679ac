/// Account ids: twelve decimal digits.
public enum AccountID {
    public static func isValid(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// The account as a number; nil if it is no account id.
    static func number(_ account: some StringProtocol) -> UInt64? { isValid(account) ? UInt64(account) : nil }

    /// A number below 10^12 as an account id.
    static func text(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }
}
