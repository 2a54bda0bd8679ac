import ServiceKit

/// The runtimes and architectures that a layer says it works with. Lambda shows them and filters by them, no more.
enum LayerCompatibility {
    /// What AWS takes beside the runtimes that functions can be created with.
    private static let older: Set<String> = Runtimes.deprecated.union(["nodejs14.x"])
    private static let architectures: Set<String> = ["x86_64", "arm64"]

    /// - Throws: AWS's error, which names everything that is wrong in one message.
    static func validate(runtimes: [String]?, architectures: [String]?) throws {
        var problems: [String] = []
        if let runtimes, runtimes.contains(where: { !Runtimes.supported.contains($0) && !older.contains($0) }) {
            problems.append(
                "Value '[\(runtimes.joined(separator: ", "))]' at 'compatibleRuntimes' failed to satisfy constraint: "
                    + "Member must satisfy enum value set: [\(Runtimes.supported.joined(separator: ", "))]")
        }
        if let architectures, !architectures.allSatisfy(self.architectures.contains) {
            problems.append(
                "Value '[\(architectures.joined(separator: ", "))]' at 'compatibleArchitectures' failed to satisfy "
                    + "constraint: Member must satisfy constraint: "
                    + "[Member must satisfy enum value set: [x86_64, arm64], Member must not be null]")
        }
        guard !problems.isEmpty else { return }
        let count = problems.count == 1 ? "1 validation error" : "\(problems.count) validation errors"
        throw AWSError.validation("\(count) detected: \(problems.joined(separator: "; "))")
    }
}
