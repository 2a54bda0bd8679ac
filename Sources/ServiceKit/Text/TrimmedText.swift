extension StringProtocol where SubSequence == Substring {
    /// Without the spaces at its ends.
    package var trimmingSpaces: Substring { trimming { $0 == " " } }

    /// Without the white space at its ends, as Unicode has it.
    package var trimmingWhitespace: Substring { trimming(\.isWhitespace) }

    private func trimming(_ isTrimmed: (Character) -> Bool) -> Substring {
        var text = self[...]
        while let first = text.first, isTrimmed(first) { text.removeFirst() }
        while let last = text.last, isTrimmed(last) { text.removeLast() }
        return text
    }
}
