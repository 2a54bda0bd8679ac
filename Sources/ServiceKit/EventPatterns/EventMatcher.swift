/// One value of a pattern: what a scalar of an event is compared with.
indirect enum EventMatcher: Sendable, Hashable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case prefix(String)
    case suffix(String)
    /// The text is in lower case, as those of the following two.
    case equalsIgnoringCase(String)
    case prefixIgnoringCase(String)
    case suffixIgnoringCase(String)
    case wildcard(EventWildcard)
    case numeric(EventNumberRange)
    case address(EventAddressRange)
    case present
    case absent
    /// Any scalar, also null, that none of these match.
    case anythingBut([EventMatcher])

    /// Whether an event's scalar matches.
    func matches(_ value: EventValue.Content) -> Bool {
        switch (self, value) {
        case (.present, _): true
        case (.absent, _): false
        case (.anythingBut(let others), _): !others.contains { $0.matches(value) }
        case (.null, .null): true
        case (.boolean(let expected), .boolean(let given)): expected == given
        case (.number(let expected), .number(let given)): expected == given
        case (.numeric(let range), .number(let given)): range.contains(given)
        case (_, .string(let text)): matches(text)
        default: false
        }
    }

    private func matches(_ text: String) -> Bool {
        switch self {
        // As bytes: AWS does not normalise.
        case .string(let expected): expected.utf8.elementsEqual(text.utf8)
        case .prefix(let start): text.utf8.starts(with: start.utf8)
        case .suffix(let end): text.utf8.reversed().starts(with: end.utf8.reversed())
        case .equalsIgnoringCase(let expected): expected.utf8.elementsEqual(text.lowercased().utf8)
        case .prefixIgnoringCase(let start): text.lowercased().utf8.starts(with: start.utf8)
        case .suffixIgnoringCase(let end): text.lowercased().utf8.reversed().starts(with: end.utf8.reversed())
        case .wildcard(let wildcard): wildcard.matches(text)
        case .address(let range): range.contains(text)
        default: false
        }
    }
}
