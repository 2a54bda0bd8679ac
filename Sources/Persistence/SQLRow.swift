/// One row of a query's result, its columns by position.
public struct SQLRow: Sendable, Hashable {
    public var values: [SQLValue]

    public init(_ values: [SQLValue]) { self.values = values }

    public subscript(column: Int) -> SQLValue { column < values.count ? values[column] : .null }

    /// The column as text; nil for NULL and other types.
    public func text(_ column: Int) -> String? { if case .text(let value) = self[column] { value } else { nil } }
    /// The column as an integer; nil for NULL and other types.
    public func integer(_ column: Int) -> Int64? { if case .integer(let value) = self[column] { value } else { nil } }
    public func real(_ column: Int) -> Double? {
        switch self[column] {
        case .real(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }
    public func blob(_ column: Int) -> [UInt8]? { if case .blob(let value) = self[column] { value } else { nil } }
    public func boolean(_ column: Int) -> Bool { (integer(column) ?? 0) != 0 }
}
