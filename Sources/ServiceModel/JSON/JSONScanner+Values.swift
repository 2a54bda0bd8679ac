#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension JSONScanner {
    /// Takes a number. Its text must have the grammar's form: no leading zeros or plus, digits on both sides of a point.
    package mutating func number() throws(Failure) -> Number {
        _ = try peek()
        let text = try numberText()
        if !text.isFraction, let value = JSONScanner.integer(text.bytes) { return .integer(value) }
        guard let value = JSONScanner.double(text.bytes) else { throw .invalidNumber }
        return .double(value)
    }

    /// Passes over one value of any kind.
    package mutating func skipValue(depth: Int = 0) throws(Failure) {
        guard depth < JSONScanner.maximumDepth else { throw .tooDeep }
        switch try peek() {
        case UInt8(ascii: "{"):
            try take(UInt8(ascii: "{"))
            if try takeIf(UInt8(ascii: "}")) { return }
            repeat {
                _ = try string()
                try take(UInt8(ascii: ":"))
                try skipValue(depth: depth + 1)
            } while try takeIf(UInt8(ascii: ","))
            try take(UInt8(ascii: "}"))
        case UInt8(ascii: "["):
            try take(UInt8(ascii: "["))
            if try takeIf(UInt8(ascii: "]")) { return }
            repeat { try skipValue(depth: depth + 1) } while try takeIf(UInt8(ascii: ","))
            try take(UInt8(ascii: "]"))
        case 0x22: _ = try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: _ = try numberText()
        }
    }

    /// Exact, nil on overflow.
    private static func integer(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        var value: Int64 = 0
        let isNegative = text.first == 0x2D
        for byte in text.dropFirst(isNegative ? 1 : 0) {
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte) - 0x30
            let (sum, overflowed) =
                isNegative ? scaled.subtractingReportingOverflow(digit) : scaled.addingReportingOverflow(digit)
            if overflow || overflowed { return nil }
            value = sum
        }
        return value
    }

    /// The nearest double; infinite if the number is too large.
    package static func double(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        guard text.count <= longestNumber else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { buffer in
            for (index, byte) in text.enumerated() { buffer[index] = CChar(bitPattern: byte) }
            buffer[text.count] = 0
            guard let start = buffer.baseAddress else { return nil }
            var end: UnsafeMutablePointer<CChar>?
            let value = strtod(start, &end)
            return end == start + text.count ? value : nil
        }
    }
}
