/// Ranges of keys, which sort by their UTF-8 bytes.
enum KeyRange {
    /// The first text after all those that begin with `prefix`; nil if there is none.
    static func end(ofPrefix prefix: String) -> String? {
        var scalars = Array(prefix.unicodeScalars)
        while let last = scalars.popLast() {
            if let next = successor(last) {
                var text = String.UnicodeScalarView(scalars)
                text.append(next)
                return String(text)
            }
        }
        return nil
    }

    /// The first text after `key`.
    static func next(after key: String) -> String {
        // Keys hold no NUL, so nothing lies between.
        key + "\u{1}"
    }

    private static func successor(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        scalar.value == 0xD7FF ? Unicode.Scalar(0xE000) : Unicode.Scalar(scalar.value + 1)
    }
}
