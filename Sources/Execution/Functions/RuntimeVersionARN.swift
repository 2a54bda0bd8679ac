import ServiceModel

/// The ARN of a runtime's version, as `RuntimeVersionConfig` and `INIT_START` lines show it.
public enum RuntimeVersionARN {
    /// The same identifier has the same ARN everywhere; the version behind it is this machine's.
    public static func make(_ runtime: String, region: String) -> String {
        // Four rounds of FNV-1a make the 64 digits that AWS's have.
        var digits = ""
        for round in 0..<4 {
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325 &+ UInt64(round)
            for byte in runtime.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            digits += Hexadecimal.text(hash, digits: 16)
        }
        return "arn:aws:lambda:\(region)::runtime:\(digits)"
    }
}
