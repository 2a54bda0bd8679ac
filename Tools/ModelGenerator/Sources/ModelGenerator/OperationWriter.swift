/// Writes `Operations.swift`: the protocol a service conforms to, and the table that leads a call to its method.
struct OperationWriter {
    let model: Model
    /// The folder of the service, such as `Lambda`.
    let service: String
    let operations: [String]

    func text() -> String {
        var source = SourceText(model: model, imports: ["public import ServiceKit"])
        let list = SwiftName.lowered(service) + "Operations"
        source.line()
        source.line("/// The operations of \(model.metadata["serviceId"]?.string ?? service) that are implemented.")
        source.line("public protocol \(service)API: AWSService {")
        for (index, name) in operations.enumerated() {
            if index > 0 { source.line() }
            source.line("/// [\(name)](\(reference(name)))", indent: 1)
            source.line(declaration(name), indent: 1)
        }
        source.line("}")
        source.line()
        source.line("extension \(service)API {")
        source.line("public static var modelName: String { \"\(model.name)\" }", indent: 1)
        source.line("public static var implementedOperations: Set<String> { \(list) }", indent: 1)
        source.line()
        source.line("public func handle(_ call: Call) async throws -> Reply {", indent: 1)
        source.line("switch call.operation {", indent: 2)
        for name in operations {
            source.line("case \"\(name)\":", indent: 2)
            for line in dispatch(name) { source.line(line, indent: 3) }
        }
        source.line("default:", indent: 2)
        source.line("throw AWSError.notImplemented(service: Self.modelName, operation: call.operation)", indent: 3)
        source.line("}", indent: 2)
        source.line("}", indent: 1)
        source.line("}")
        source.line()
        source.call("private let \(list): Set<String> = [", operations.map { "\"\($0)\"" }, "]", indent: 0)
        return source.text
    }

    private func reference(_ name: String) -> String {
        "https://docs.aws.amazon.com/goto/WebAPI/\(model.metadata["uid"]?.string ?? model.name)/\(name)"
    }

    private func input(_ name: String) -> String? {
        model.operations[name]?["input"]?["shape"]?.string.map(SwiftName.type)
    }

    private func output(_ name: String) -> String? { model.operations[name]?["output"]?["shape"]?.string }

    private func declaration(_ name: String) -> String {
        let parameters = (input(name).map { "_ input: \($0), " } ?? "") + "_ call: Call"
        let result = output(name).map { model.answersItself(name) ? " -> Reply" : " -> \(SwiftName.type($0))" } ?? ""
        return "func \(SwiftName.member(name))(\(parameters)) async throws\(result)"
    }

    private func dispatch(_ name: String) -> [String] {
        let argument = input(name).map { "\($0)(wire: call.input), " } ?? ""
        let invocation = "try await \(SwiftName.member(name))(\(argument)call)"
        if output(name) == nil { return [invocation, "return Reply()"] }
        return model.answersItself(name) ? ["return \(invocation)"] : ["return Reply(\(invocation).wire)"]
    }
}
