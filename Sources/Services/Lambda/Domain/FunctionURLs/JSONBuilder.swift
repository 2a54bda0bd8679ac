import ServiceModel

/// Writes a JSON object member by member, in the given order.
struct JSONBuilder {
    private(set) var bytes: [UInt8] = []
    private var isFirst = true

    mutating func object(_ write: (inout JSONBuilder) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        isFirst = true
        write(&self)
        bytes.append(UInt8(ascii: "}"))
        isFirst = false
    }

    /// A string, or null.
    mutating func member(_ name: String, _ value: String?) {
        key(name)
        if let value { JSONString.append(value, to: &bytes) } else { bytes += "null".utf8 }
    }

    mutating func member(_ name: String, _ value: Bool) {
        key(name)
        bytes += (value ? "true" : "false").utf8
    }

    mutating func member(_ name: String, _ value: Int64) {
        key(name)
        bytes += String(value).utf8
    }

    mutating func member(_ name: String, _ values: [String]) {
        key(name)
        bytes.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONString.append(value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func member(_ name: String, _ members: [(String, String)]) {
        member(name) { json in
            for (name, value) in members { json.member(name, value) }
        }
    }

    mutating func member(_ name: String, _ write: (inout JSONBuilder) -> Void) {
        key(name)
        object(write)
    }

    private mutating func key(_ name: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        JSONString.append(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }
}
