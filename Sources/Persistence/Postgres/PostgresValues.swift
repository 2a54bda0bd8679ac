import Foundation

/// Values on their way to PostgreSQL, in its binary format.
struct PostgresParameters {
    let values: [SQLValue]

    /// From this size on a blob is sent from where it is.
    private static let borrowedSize = 4096

    /// The types' object ids. NULL has none: the server finds it out.
    var types: [UInt32] {
        values.map { value in
            switch value {
            case .null: 0
            case .integer: PostgresType.int8
            case .real: PostgresType.float8
            case .text: PostgresType.text
            case .blob: PostgresType.bytea
            }
        }
    }

    /// Calls `body` with a pointer (nil is NULL) and a length for each value.
    func withPointers<R>(_ body: ([UnsafePointer<CChar>?], [Int32]) throws -> R) throws -> R {
        var scratch: [UInt8] = []
        var offsets: [Int?] = []
        var lengths: [Int32] = []
        var borrowed: [Int] = []
        for (index, value) in values.enumerated() {
            let start = scratch.count
            switch value {
            case .null:
                offsets.append(nil)
                lengths.append(0)
                continue
            case .integer(let number): append(UInt64(bitPattern: number), &scratch)
            case .real(let number): append(number.bitPattern, &scratch)
            case .text(let text):
                try DatabaseError.checkText(text)
                scratch.append(contentsOf: text.utf8)
            case .blob(let bytes) where bytes.count >= Self.borrowedSize:
                guard let length = Int32(exactly: bytes.count) else {
                    throw DatabaseError.failed("A blob is larger than 2 GiB.")
                }
                borrowed.append(index)
                offsets.append(nil)
                lengths.append(length)
                continue
            case .blob(let bytes): scratch.append(contentsOf: bytes)
            }
            guard let length = Int32(exactly: scratch.count - start) else {
                throw DatabaseError.failed("A text is larger than 2 GiB.")
            }
            offsets.append(start)
            lengths.append(length)
        }
        // An empty value must have an address too.
        scratch.append(0)
        return try scratch.withUnsafeBytes { buffer in
            let start = buffer.bindMemory(to: CChar.self).baseAddress
            return try borrow(borrowed[...], offsets.map { offset in offset.flatMap { start?.advanced(by: $0) } }) {
                try body($0, lengths)
            }
        }
    }

    /// Adds the address of each large blob, one frame for each.
    private func borrow<R>(
        _ indices: ArraySlice<Int>, _ pointers: [UnsafePointer<CChar>?], _ body: ([UnsafePointer<CChar>?]) throws -> R
    ) throws -> R {
        guard let index = indices.first, case .blob(let bytes) = values[index] else { return try body(pointers) }
        return try bytes.withUnsafeBytes { buffer in
            var pointers = pointers
            pointers[index] = buffer.bindMemory(to: CChar.self).baseAddress
            return try borrow(indices.dropFirst(), pointers, body)
        }
    }

    private func append(_ number: UInt64, _ bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}

/// Object ids of built-in types.
enum PostgresType {
    static let bool: UInt32 = 16
    static let bytea: UInt32 = 17
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let oid: UInt32 = 26
    static let text: UInt32 = 25
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let numeric: UInt32 = 1700
    static let void: UInt32 = 2278
    /// "char", name, json, unknown, bpchar, varchar: their binary form is their text.
    static let textual: Set<UInt32> = [18, 19, 114, 705, 1042, 1043, text]

    /// The value of a column in binary format.
    static func decode(_ type: UInt32, _ bytes: UnsafeRawBufferPointer) throws -> SQLValue {
        switch type {
        case int8: return .integer(Int64(bitPattern: integer(bytes)))
        case int4: return .integer(Int64(Int32(truncatingIfNeeded: integer(bytes))))
        case int2: return .integer(Int64(Int16(truncatingIfNeeded: integer(bytes))))
        case oid, bool: return .integer(Int64(truncatingIfNeeded: integer(bytes)))
        case float8: return .real(Double(bitPattern: integer(bytes)))
        case float4: return .real(Double(Float(bitPattern: UInt32(truncatingIfNeeded: integer(bytes)))))
        case bytea: return .blob([UInt8](bytes))
        case numeric: return try decimal(bytes)
        case void: return .null
        case _ where textual.contains(type): return .text(String(decoding: bytes, as: UTF8.self))
        default:
            throw DatabaseError.failed("A column has a type that is not common to both engines (object id \(type)).")
        }
    }

    private static func integer(_ bytes: UnsafeRawBufferPointer) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    /// `SUM` of integers is a numeric: digits of base 10000, the first one times 10000 to the power of `weight`.
    private static func decimal(_ bytes: UnsafeRawBufferPointer) throws -> SQLValue {
        let fields = stride(from: 0, to: bytes.count - 1, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
        guard fields.count >= 4, fields.count == 4 + fields[0] else {
            throw DatabaseError.failed("A numeric value is malformed.")
        }
        let weight = Int(Int16(truncatingIfNeeded: fields[1]))
        let isNegative = fields[2] == 0x4000
        if fields[2] != 0, !isNegative {
            return .real(fields[2] == 0xd000 ? .infinity : fields[2] == 0xf000 ? -.infinity : .nan)
        }
        let digits = fields[4...]
        if weight < 5, digits.count <= weight + 1 {
            var value: Int64 = 0
            var overflows = false
            for place in 0...max(weight, 0) {
                let digit = place < digits.count ? Int64(digits[4 + place]) : 0
                let (product, first) = value.multipliedReportingOverflow(by: 10000)
                let (sum, second) = product.addingReportingOverflow(isNegative ? -digit : digit)
                overflows = overflows || first || second
                value = sum
            }
            if !overflows { return .integer(value) }
        }
        // The parser of the standard library rounds correctly.
        let text = digits.map { String(String(10_000 + $0).dropFirst()) }.joined()
        let magnitude = Double("\(text.isEmpty ? "0" : text)e\(4 * (weight + 1 - digits.count))") ?? .nan
        return .real(isNegative ? -magnitude : magnitude)
    }
}
