import Execution
import ServiceKit

/// When a version's runtime is replaced by a newer one: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html
///
/// The interpreters are the machine's, so each runtime has one version here, and that is what the modes choose from.
struct RuntimeManagement: Sendable, Hashable {
    enum Mode: String, Sendable, Hashable {
        case auto = "Auto"
        case functionUpdate = "FunctionUpdate"
        case manual = "Manual"
    }

    var mode = Mode.auto
    /// Of ``Mode/manual``: the version that is kept.
    var runtimeVersion: String?

    /// - Throws: AWS's errors for a mode without what it needs, and for a runtime version that there is not.
    static func make(mode: String, runtimeVersion: String?, runtime: String, region: String) throws
        -> RuntimeManagement
    {
        let mode = Mode(rawValue: mode) ?? .auto
        guard mode == .manual else {
            guard runtimeVersion == nil else {
                throw LambdaFailures.invalidParameter(
                    "RuntimeVersionArn can only be specified when UpdateRuntimeOn is Manual.")
            }
            return RuntimeManagement(mode: mode)
        }
        guard let runtimeVersion else {
            throw LambdaFailures.invalidParameter(
                "RuntimeVersionArn must be specified when UpdateRuntimeOn is Manual.")
        }
        guard runtimeVersion == RuntimeVersionARN.make(runtime, region: region) else {
            throw LambdaFailures.invalidParameter("Runtime version \(runtimeVersion) does not exist for \(runtime).")
        }
        return RuntimeManagement(mode: mode, runtimeVersion: runtimeVersion)
    }
}
