import ServiceKit
import ServiceModel

/// What a code signing configuration's rows are keyed by.
struct CodeSigningKey: Sendable, Hashable {
    var account: String
    var region: String
    /// `csc-` and 17 letters and digits.
    var id: String

    var arn: String { "arn:aws:lambda:\(region):\(account):code-signing-config:\(id)" }

    init(account: String, region: String, id: String) {
        self.account = account
        self.region = region
        self.id = id
    }

    /// - Returns: nil if `arn` is no configuration's.
    init?(arn: String) {
        guard let arn = ARN(arn), arn.service == "lambda", let (type, id) = arn.typed, type == "code-signing-config"
        else { return nil }
        self.init(account: arn.account, region: arn.region, id: id)
    }

    /// A key that no configuration has.
    static func make(in call: Call) -> CodeSigningKey {
        let digits = RandomUUID.make().filter { $0 != "-" }.prefix(17)
        return CodeSigningKey(account: call.account, region: call.region, id: "csc-\(digits)")
    }
}

/// Who may sign a function's code, and what becomes of code that nobody signed:
/// https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
///
/// There is no AWS Signer here, so that no package has a signature.
struct CodeSigningRecord: Sendable, Hashable {
    enum Policy: String, Sendable, Hashable {
        /// Code is accepted, as it is.
        case warn = "Warn"
        /// Unsigned code is refused.
        case enforce = "Enforce"
    }

    var key: CodeSigningKey
    var description = ""
    /// The ARNs of signing profiles.
    var publishers: [String]
    var policy = Policy.warn
    var lastModified: Timestamp

    /// - Throws: AWS's error if code without a signature may not be deployed.
    /// - Parameter name: of the function whose code it is.
    func requireSignature(of name: String) throws {
        guard policy == .enforce else { return }
        throw LambdaError.codeVerificationFailedException(
            "Lambda cannot deploy the function. The function or layer might be signed using a signature that the client "
                + "is not configured to accept. Check the provided signature for \(name).")
    }
}

enum CodeSigningFailures {
    /// Of an operation on the configuration itself.
    static func notFound(_ arn: String) -> AWSError {
        LambdaError.resourceNotFoundException(
            "The Lambda code signing configuration \(arn) can not be found.", type: nil)
    }

    /// Of an operation on a function.
    static func missing(_ arn: String) -> AWSError {
        LambdaError.codeSigningConfigNotFoundException(
            "The code signing configuration cannot be found. "
                + "Check that the provided configuration is not deleted: \(arn).")
    }

    static func inUse(_ arn: String) -> AWSError {
        LambdaFailures.conflict(
            "The code signing configuration \(arn) cannot be deleted because it is in use by one or more functions.")
    }
}
