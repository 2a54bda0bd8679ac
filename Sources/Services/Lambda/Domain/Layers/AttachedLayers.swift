import Crypto
import Foundation
import ServiceKit
import ServiceModel

/// The layers of one function, in the order in which they are laid over each other.
struct AttachedLayers: Sendable, Hashable {
    /// How many a function may have.
    static let maximum = 5

    var list: [LayerAttachment] = []

    /// The packages, first layer first.
    var digests: [String] { list.map(\.codeDigest) }

    /// The name of the folder in which the layers are merged; nil if there are none, or just one, which needs no merging.
    var mergedDigest: String? { Self.mergedDigest(digests) }

    static func mergedDigest(_ digests: [String]) -> String? {
        guard digests.count > 1 else { return nil }
        return Hexadecimal.encode(SHA256.hash(data: Data("layers\n\(digests.joined(separator: "\n"))".utf8)))
    }

    /// Everything that must stay on the disk for these layers.
    var keptDigests: Set<String> { Set(digests + [mergedDigest].compactMap(\.self)) }

    /// What a function asks for, checked as far as the ARNs alone tell.
    /// - Returns: the layers' keys and versions.
    /// - Throws: AWS's errors.
    static func parse(_ arns: [String], region: String, account: String) throws -> [(key: LayerKey, version: Int64)] {
        guard arns.count <= maximum else {
            throw LambdaFailures.invalidParameter("Cannot reference more than \(maximum) layers.")
        }
        var parsed: [(key: LayerKey, version: Int64)] = []
        for arn in arns {
            guard let reference = LayerReference(arn: arn), let version = reference.version else {
                throw LambdaFailures.layerVersionMissing(arn)
            }
            if reference.key.region != region, reference.key.account == account {
                throw LambdaFailures.invalidParameter(
                    "Layers are not in the same region as the function. "
                        + "Layers are expected to be in region \(region).")
            }
            if let other = parsed.first(where: { $0.key == reference.key }) {
                throw LambdaFailures.invalidParameter(
                    "Two different versions of the same layer are not allowed to be referenced in the same function. "
                        + "\(other.key.arn(other.version)) and \(arn) are versions of the same layer.")
            }
            parsed.append((reference.key, version))
        }
        return parsed
    }

    // MARK: As it is stored

    /// A line per layer.
    var text: String? {
        list.isEmpty ? nil : list.map { "\($0.codeDigest) \($0.codeSize) \($0.arn)" }.joined(separator: "\n")
    }

    init(_ list: [LayerAttachment] = []) { self.list = list }

    init(text: String?) {
        list = (text ?? "").split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let size = Int64(parts[1]) else { return nil }
            return LayerAttachment(arn: String(parts[2]), codeDigest: String(parts[0]), codeSize: size)
        }
    }
}
