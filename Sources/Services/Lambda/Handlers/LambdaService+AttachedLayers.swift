import ServiceKit

extension LambdaService {
    /// Finds the layers that a function asks for.
    /// - Throws: AWS's errors for too many, for layers that do not exist, and for those of other accounts whose policy does not
    ///   allow it.
    func attachedLayers(_ arns: [String], _ call: Call) async throws -> AttachedLayers {
        let wanted = try AttachedLayers.parse(arns, region: call.region, account: call.account)
        guard !wanted.isEmpty else { return AttachedLayers() }
        return try await store.read { transaction in
            AttachedLayers(
                try wanted.map { key, version in
                    let found = try transaction.layerVersion(key, version)
                    try Self.requireAccess(to: key, version, found, call)
                    guard let found else { throw LambdaFailures.layerVersionMissing(key.arn(version)) }
                    return found.attachment
                })
        }
    }

    /// Makes the folder of the layers, so that no invocation has to wait for it.
    /// - Throws: AWS's errors for layers that, together or with the function's code, are too large.
    /// The digest is that of the function's package, if it has one.
    func prepare(_ layers: AttachedLayers, codeDigest: String?) async throws {
        guard !layers.list.isEmpty else { return }
        var size: Int64 = 0
        for digest in layers.digests { size += try await packages.unpackedSize(digest) }
        let limit = LambdaLimits.unzippedPackage
        guard size <= limit else {
            throw LambdaFailures.invalidParameter("Layers consume more than the available size of \(limit) bytes")
        }
        if let codeDigest { size += try await packages.unpackedSize(codeDigest) }
        guard size <= limit else {
            throw LambdaFailures.invalidParameter(
                "Function code combined with layers exceeds the maximum allowed size of \(limit) bytes. "
                    + "The actual size is \(size) bytes.")
        }
        _ = try await layerFolders.folder(layers.digests)
    }

    /// - Throws: AWS's error if one of the layers was deleted, with its package, since it was found.
    static func requirePackages(_ transaction: LambdaTransaction, of layers: AttachedLayers) throws {
        for layer in layers.list where try !transaction.isReferenced(layer.codeDigest) {
            throw LambdaFailures.layerVersionMissing(layer.arn)
        }
    }
}
