/// Numbers as text: what JSON, XML, forms and headers share.
enum NumberText {
    static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return value.description
    }

    static func double(_ text: String) -> Double? {
        switch text {
        case "NaN": return .nan
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        default:
            guard let first = text.utf8.first,
                first == 0x2D || first == 0x2B || first == 0x2E || (0x30...0x39).contains(first),
                text.utf8.count <= 400, !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "x") })
            else { return nil }
            return Double(text)
        }
    }

    static func boolean(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }
}
