/// Lists in one header: comma-separated, in quotes where an element holds a comma or quotes.
enum HeaderList {
    /// The elements. With `isDate` they are RFC 822 dates, which hold a comma each.
    static func split(_ text: String, isDate: Bool = false) -> [String] {
        var items: [String] = []
        var current = ""
        var isQuoted = false
        var isEscaped = false
        var wasQuoted = false
        var commas = 0
        func finish() {
            items.append(
                wasQuoted ? current : String(current.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()))
            current = ""
            wasQuoted = false
            commas = 0
        }
        for character in text {
            if isEscaped {
                current.append(character)
                isEscaped = false
            } else if isQuoted {
                switch character {
                case "\\": isEscaped = true
                case "\"": isQuoted = false
                default: current.append(character)
                }
            } else if character == "\"", current.allSatisfy({ $0 == " " }), !wasQuoted {
                current = ""
                isQuoted = true
                wasQuoted = true
            } else if character == ",", !isDate || commas == 1 {
                finish()
            } else if wasQuoted, character == " " {
                continue
            } else {
                if character == "," { commas += 1 }
                current.append(character)
            }
        }
        finish()
        return items
    }

    static func quoted(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" }) else { return text }
        return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
