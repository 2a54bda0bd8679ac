/// Keys are bytes: two spellings of a letter are two keys, and order is that of the bytes, not that of Swift's strings.
extension String {
    func hasKeyPrefix(_ prefix: String) -> Bool { utf8.starts(with: prefix.utf8) }
    func isSameKey(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
    func isKey(before other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

    /// What a delimiter makes of a key: the key up to and with the first delimiter after the prefix; nil if there is none.
    func commonPrefix(after prefix: String, _ delimiter: String) -> String? {
        let bytes = Array(utf8)
        let sought = Array(delimiter.utf8)
        guard !sought.isEmpty else { return nil }
        var index = prefix.utf8.count
        while index + sought.count <= bytes.count {
            if bytes[index] == sought[0], bytes[index..<index + sought.count].elementsEqual(sought) {
                return String(decoding: bytes[..<(index + sought.count)], as: UTF8.self)
            }
            index += 1
        }
        return nil
    }
}
