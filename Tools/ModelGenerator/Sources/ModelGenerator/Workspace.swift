import Foundation

/// The folder that models are read from and generated files are written to.
struct Workspace {
    let root: String
    /// Whether nothing is written, and differences are only noted.
    let isCheck: Bool
    /// The files that were, or would be, written.
    private(set) var changed: [String] = []

    init(root: String, isCheck: Bool) {
        self.root = root
        self.isCheck = isCheck
    }

    private func read(_ path: String) throws -> JSON {
        try JSONParser.parse(Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    }

    private mutating func write(_ text: String, to path: String) throws {
        if let old = FileManager.default.contents(atPath: path), old == Data(text.utf8) { return }
        changed.append(path)
        if isCheck { return }
        let file = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    /// Makes `Models/` from a folder with a `<service>.json` of botocore for each service.
    mutating func distil(source: String) throws {
        for file in try FileManager.default.contentsOfDirectory(atPath: source).sorted() where file.hasSuffix(".json") {
            let patches = "\(root)/Models/patches/\(file)"
            let model = try Distiller.distil(
                name: String(file.dropLast(5)), source: read("\(source)/\(file)"),
                patches: FileManager.default.fileExists(atPath: patches) ? read(patches) : nil)
            try write(Distiller.text(model), to: "\(root)/Models/\(file)")
        }
    }

    /// Makes the embedding of all models, and the `Generated` folders of the services that `Models/implemented.json` names.
    mutating func generate() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(root)/Models").sorted()
        let models = files.filter { $0.hasSuffix(".json") && $0 != "implemented.json" }.map { String($0.dropLast(5)) }
        try write(EmbeddingWriter.text(models: models), to: "\(root)/Sources/CServiceModels/CServiceModels.c")
        let folders = try FileManager.default.contentsOfDirectory(atPath: "\(root)/Sources/Services")
        for entry in try read("\(root)/Models/implemented.json").members {
            guard let service = folders.first(where: { $0.lowercased() == entry.key.lowercased() }) else {
                throw Patch.Failure(
                    description: "implemented.json names \(entry.key), and Sources/Services has no such folder")
            }
            let model = Model(try read("\(root)/Models/\(entry.key).json"))
            let operations = (entry.value.array ?? []).compactMap(\.string).sorted()
            for name in operations where model.operations[name] == nil {
                throw Patch.Failure(description: "\(entry.key) has no operation \(name)")
            }
            let folder = "\(root)/Sources/Services/\(service)/Generated"
            try write(ShapeWriter(model: model, operations: operations).text(), to: "\(folder)/Shapes.swift")
            try write(
                OperationWriter(model: model, service: service, operations: operations).text(),
                to: "\(folder)/Operations.swift")
            try write(
                ErrorWriter(model: model, service: service, operations: operations).text(), to: "\(folder)/Errors.swift"
            )
        }
    }
}
