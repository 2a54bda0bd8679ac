/// A token of GetLogEvents: `f/` or `b/`, 56 digits, `/s`.
enum PositionToken {
    static func text(_ position: EventPosition, isForward: Bool) -> String {
        "\(isForward ? "f" : "b")/\(position.decimal)/s"
    }

    static func parse(_ token: String) -> (position: EventPosition, isForward: Bool)? {
        let parts = token.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "f" || parts[0] == "b", parts[2] == "s",
            let position = EventPosition(decimal: parts[1])
        else {
            return nil
        }
        return (position, parts[0] == "f")
    }
}
