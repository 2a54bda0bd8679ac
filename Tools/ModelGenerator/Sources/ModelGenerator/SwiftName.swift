/// Names of the model as Swift writes them.
enum SwiftName {
    private static let keywords: Set<String> = [
        "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "deinit", "do",
        "else", "enum",
        "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import", "in", "init",
        "inout", "internal",
        "is", "let", "nil", "operator", "precedencegroup", "private", "protocol", "public", "repeat", "rethrows",
        "return", "self",
        "static", "struct", "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias", "var",
        "where", "while",
    ]

    /// A name that begins with a lower-case letter: FunctionName → functionName, KMSKeyArn → kmsKeyArn, ARN → arn, S3Bucket → s3Bucket.
    static func lowered(_ name: String) -> String {
        var letters = Array(name).filter { $0.isLetter || $0.isNumber || $0 == "_" }
        if letters.starts(with: "IPv") { letters.replaceSubrange(0..<3, with: "ipv") }
        let run = letters.prefix { $0.isUppercase }.count
        let next = run < letters.count ? letters[run] : nil
        let lowered = run > 1 && next?.isLowercase == true ? run - 1 : run
        for index in 0..<lowered { letters[index] = Character(letters[index].lowercased()) }
        return String(letters)
    }

    static func member(_ name: String) -> String {
        let name = lowered(name)
        // A property of this name would hide the conversion of the structure itself.
        if name == "wire" { return "wireValue" }
        return keywords.contains(name) ? "`\(name)`" : name
    }

    /// As a label or a parameter: only what may not even be one keeps its backticks.
    static func type(_ name: String) -> String {
        guard let first = name.first else { return name }
        return first.isLowercase ? first.uppercased() + name.dropFirst() : name
    }
}
