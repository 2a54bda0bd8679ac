/// The protocols of AWS's APIs.
public enum WireProtocolKind: String, Sendable, CaseIterable {
    /// JSON bodies, the operation in `X-Amz-Target`. Whether 1.0 or 1.1 is the service's ``ServiceMetadata/jsonVersion``.
    case json
    /// Form-encoded requests with `Action` and `Version`, XML answers.
    case query
    case restJSON = "rest-json"
    case restXML = "rest-xml"
    /// CBOR bodies, the operation in the path.
    case rpcV2CBOR = "smithy-rpc-v2-cbor"
}
