import Foundation

// ModelGenerator distil <root> <folder>       Models/ from botocore's models in <folder>
// ModelGenerator generate <root> [--check]    Sources/Services/*/Generated from Models/
do {
    let arguments = CommandLine.arguments.filter { !$0.hasPrefix("--") }
    let isCheck = CommandLine.arguments.contains("--check")
    var workspace = Workspace(root: arguments.count > 2 ? arguments[2] : "", isCheck: isCheck)
    switch (arguments.dropFirst().first, arguments.count) {
    case ("distil", 4): try workspace.distil(source: arguments[3])
    case ("generate", 3): try workspace.generate()
    default: throw Patch.Failure(description: "usage: distil <root> <folder> | generate <root> [--check]")
    }
    for path in workspace.changed { print(isCheck ? "differs: \(path)" : "written: \(path)") }
    exit(isCheck && !workspace.changed.isEmpty ? 1 : 0)
} catch {
    FileHandle.standardError.write(Data("ModelGenerator: \(error)\n".utf8))
    exit(2)
}
