/// One of our models as the generator walks it.
struct Model {
    let name: String
    let metadata: JSON
    let operations: [String: JSON]
    let shapes: [String: JSON]

    init(_ source: JSON) {
        name = source["name"]?.string ?? ""
        metadata = source["metadata"] ?? .object([])
        operations = Dictionary(uniqueKeysWithValues: (source["operations"]?.members ?? []).map { ($0.key, $0.value) })
        shapes = Dictionary(uniqueKeysWithValues: (source["shapes"]?.members ?? []).map { ($0.key, $0.value) })
    }

    func shape(_ name: String) -> JSON { shapes[name] ?? .object([]) }

    /// The names of shapes that a shape's members refer to.
    func targets(_ name: String) -> [String] {
        let shape = shape(name)
        return (shape["members"]?.members ?? []).compactMap { $0.value["shape"]?.string }
            + ["member", "key", "value"].compactMap { shape[$0]?["shape"]?.string }
    }

    /// Everything reachable from `roots`, themselves included.
    func closure(_ roots: [String]) -> Set<String> {
        var reached: Set<String> = []
        var waiting = roots
        while let name = waiting.popLast() {
            if reached.insert(name).inserted { waiting += targets(name) }
        }
        return reached
    }

    func isStructure(_ name: String) -> Bool { shape(name)["type"]?.string == "structure" }
    func isEventStream(_ name: String) -> Bool { shape(name)["eventstream"] != nil }
    func isError(_ name: String) -> Bool { shape(name)["exception"] != nil }

    /// The member of an output that is an event stream.
    func eventStreamMember(_ name: String) -> String? {
        shape(name)["members"]?.members.first { isEventStream($0.value["shape"]?.string ?? "") }?.key
    }

    /// Whether an operation's answer is more than a structure: events, bytes that stream, or a status that the handler chooses.
    func answersItself(_ operation: String) -> Bool {
        guard let output = operations[operation]?["output"]?["shape"]?.string else { return false }
        if operations[operation]?["answersItself"] != nil { return true }
        if eventStreamMember(output) != nil { return true }
        let members = shape(output)["members"]?.members ?? []
        return operations[operation]?["http"]?["method"]?.string == "HEAD"
            || members.contains { $0.value["streaming"] != nil && type($0.value["shape"]?.string ?? "") == "[UInt8]" }
    }

    /// Whether the structure contains itself without a list or map between.
    func isRecursive(_ name: String) -> Bool {
        var reached: Set<String> = []
        var waiting = directStructures(name)
        while let next = waiting.popLast() {
            if next == name { return true }
            if reached.insert(next).inserted { waiting += directStructures(next) }
        }
        return false
    }

    private func directStructures(_ name: String) -> [String] {
        (shape(name)["members"]?.members ?? []).compactMap { $0.value["shape"]?.string }.filter(isStructure)
    }

    /// Swift's type for a shape.
    func type(_ name: String) -> String {
        let shape = shape(name)
        switch shape["type"]?.string {
        case "structure" where shape["document"] != nil: return "WireValue"
        case "structure": return SwiftName.type(name)
        case "list": return "[\(type(shape["member"]?["shape"]?.string ?? ""))]"
        case "map": return "[String: \(type(shape["value"]?["shape"]?.string ?? ""))]"
        case "string", "character": return "String"
        case "integer", "short", "byte": return "Int"
        case "long": return "Int64"
        case "double", "float": return "Double"
        case "boolean": return "Bool"
        case "blob": return "[UInt8]"
        case "timestamp": return "Timestamp"
        default: return "WireValue"
        }
    }
}
