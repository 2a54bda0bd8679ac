/// Writes `Shapes.swift`: a structure for everything that the implemented operations take and give.
struct ShapeWriter {
    let model: Model
    let operations: [String]

    func text() -> String {
        var inputs: [String] = []
        var outputs: [String] = []
        for name in operations {
            let operation = model.operations[name] ?? .object([])
            if let input = operation["input"]?["shape"]?.string { inputs.append(input) }
            if let output = operation["output"]?["shape"]?.string { outputs.append(output) }
            // What an error carries beside its message is written as an output is.
            for error in operation["errors"]?.array ?? [] { outputs += model.targets(error.string ?? "") }
        }
        let read = model.closure(inputs)
        let written = model.closure(outputs)
        var source = SourceText(model: model, imports: ["public import ServiceKit", "public import ServiceModel"])
        for name in read.union(written).sorted() where model.isStructure(name) && model.shape(name)["document"] == nil {
            write(name, reads: read.contains(name), writes: written.contains(name), to: &source)
        }
        return source.text
    }

    private struct Member {
        var wireName: String
        var name: String
        var type: String
        var isRequired: Bool
        var isBoxed: Bool
        var parameter: String { isRequired ? "\(name): \(type)" : "\(name): \(type)? = nil" }
    }

    private func members(_ name: String) -> [Member] {
        let shape = model.shape(name)
        let required = Set((shape["required"]?.array ?? []).compactMap(\.string))
        return (shape["members"]?.members ?? []).compactMap { entry in
            guard let target = entry.value["shape"]?.string, !model.isEventStream(target) else { return nil }
            let isBoxed = model.isStructure(target) && model.isRecursive(target) && model.isRecursive(name)
            return Member(
                wireName: entry.key, name: SwiftName.member(entry.key), type: model.type(target),
                isRequired: required.contains(entry.key) && !isBoxed, isBoxed: isBoxed)
        }
    }

    private func write(_ name: String, reads: Bool, writes: Bool, to source: inout SourceText) {
        let members = members(name)
        source.line()
        source.line("public struct \(SwiftName.type(name)): Sendable, Hashable\(conformances(reads, writes)) {")
        for member in members {
            if member.isBoxed {
                // A structure that contains itself is kept in an array of at most one.
                let box = "boxed" + SwiftName.type(member.name.filter { $0 != "`" })
                source.line("private var \(box): [\(member.type)] = []", indent: 1)
                source.line("public var \(member.name): \(member.type)? {", indent: 1)
                source.line("get { \(box).first }", indent: 2)
                source.line("set { \(box) = newValue.map { [$0] } ?? [] }", indent: 2)
                source.line("}", indent: 1)
            } else {
                source.line("public var \(member.name): \(member.type)\(member.isRequired ? "" : "?")", indent: 1)
            }
        }
        if !members.isEmpty { source.line() }
        source.call(
            "public init(", members.sorted { $0.isRequired && !$1.isRequired }.map(\.parameter), ") {", indent: 1)
        for member in members { source.line("self.\(member.name) = \(member.name)", indent: 2) }
        source.line("}", indent: 1)
        if reads { writeReader(name, members, to: &source) }
        if writes { writeWriter(members, to: &source) }
        source.line("}")
    }

    private func conformances(_ reads: Bool, _ writes: Bool) -> String {
        (reads ? ", WireReadable" : "") + (writes ? ", WireWritable" : "")
    }

    private func writeReader(_ name: String, _ members: [Member], to source: inout SourceText) {
        source.line()
        source.line("public init(wire: WireValue) throws(AWSError) {", indent: 1)
        if members.isEmpty {
            source.line("_ = try wire.members()", indent: 2)
        } else {
            source.line("let members = try wire.members()", indent: 2)
            for member in members {
                let form = member.isRequired ? "required" : "optional"
                source.line("\(member.name) = try members.\(form)(\"\(member.wireName)\")", indent: 2)
            }
        }
        source.line("}", indent: 1)
    }

    private func writeWriter(_ members: [Member], to source: inout SourceText) {
        source.line()
        if members.isEmpty {
            source.line("public var wire: WireValue { .structure([:]) }", indent: 1)
            return
        }
        source.line("public var wire: WireValue {", indent: 1)
        source.line("var members: [String: WireValue] = [:]", indent: 2)
        for member in members {
            source.line(
                "members[\"\(member.wireName)\"] = \(member.name)\(member.isRequired ? "" : "?").wire", indent: 2)
        }
        source.line("return .structure(members)", indent: 2)
        source.line("}", indent: 1)
    }
}
