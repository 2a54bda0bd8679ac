/// Writes `Errors.swift`: a factory for each error that the implemented operations may answer.
struct ErrorWriter {
    let model: Model
    let service: String
    let operations: [String]

    func text() -> String {
        var names: Set<String> = []
        for name in operations {
            let operation = model.operations[name] ?? .object([])
            names.formUnion((operation["errors"]?.array ?? []).compactMap(\.string))
            if let stream = eventStream(operation) { names.formUnion(model.targets(stream).filter(model.isError)) }
        }
        let types = names.flatMap(members).map { model.type($0.value["shape"]?.string ?? "") }
        let isPublic = types.contains { $0.contains("Timestamp") || $0.contains("WireValue") }
        let needsModel = types.isEmpty ? [] : [(isPublic ? "public " : "") + "import ServiceModel"]
        var source = SourceText(model: model, imports: ["public import ServiceKit"] + needsModel)
        source.line()
        source.line(
            "/// The errors of \(model.metadata["serviceId"]?.string ?? service) that the implemented operations answer."
        )
        source.line("public enum \(service)Error {")
        for (index, name) in names.sorted().enumerated() {
            if index > 0 { source.line() }
            write(name, to: &source)
        }
        source.line("}")
        return source.text
    }

    private func eventStream(_ operation: JSON) -> String? {
        guard let output = operation["output"]?["shape"]?.string, let member = model.eventStreamMember(output) else {
            return nil
        }
        return model.shape(output)["members"]?[member]?["shape"]?.string
    }

    /// What the error carries beside its message.
    private func members(_ name: String) -> [JSON.Member] {
        (model.shape(name)["members"]?.members ?? []).filter { $0.key.lowercased() != "message" }
    }

    private func write(_ name: String, to source: inout SourceText) {
        let shape = model.shape(name)
        let isServer = shape["fault"] != nil || shape["error"]?["senderFault"]?.bool == false
        let status = shape["error"]?["httpStatusCode"]?.integer ?? (shape["fault"] != nil ? 500 : 400)
        let fault = status >= 500 || isServer ? "server" : "client"
        // The codes of services that once spoke query are those of that protocol; now an error goes by its name.
        let isRenamed = model.metadata["awsQueryCompatible"] != nil
        let code = isRenamed ? name : shape["error"]?["code"]?.string ?? name
        let members = members(name)
        var parameters = ["_ message: String"]
        for member in members {
            let type = model.type(member.value["shape"]?.string ?? "")
            // Lambda says in each error whose fault it is.
            let value =
                model.name == "lambda" && member.key == "Type" ? (status >= 500 ? "\"Service\"" : "\"User\"") : "nil"
            parameters.append("\(SwiftName.member(member.key)): \(type)? = \(value)")
        }
        source.line("/// `\(code)`, HTTP status \(status).", indent: 1)
        source.call("public static func \(SwiftName.member(name))(", parameters, ") -> AWSError {", indent: 1)
        let made = "AWSError(\"\(code)\", shape: \"\(name)\", status: \(status), fault: .\(fault), message: message"
        if members.isEmpty {
            source.call(
                "AWSError(",
                made.dropFirst(9).split(separator: ", ", omittingEmptySubsequences: false).map(String.init), ")",
                indent: 2)
        } else {
            source.line("var fields: [String: WireValue] = [:]", indent: 2)
            for member in members {
                source.line("fields[\"\(member.key)\"] = \(SwiftName.member(member.key))?.wire", indent: 2)
            }
            let arguments = made.dropFirst(9).split(separator: ", ").map(String.init) + ["fields: fields"]
            source.call("return AWSError(", arguments, ")", indent: 2)
        }
        source.line("}", indent: 1)
    }
}
