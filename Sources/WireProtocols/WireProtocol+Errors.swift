public import ServiceKit
import ServiceModel

extension WireProtocol {
    /// The answer of a call that failed, in the form of the protocol and the service.
    public func serializeError(_ error: AWSError, requestID: String) -> HTTPResponseParts {
        var response = HTTPResponseParts(status: error.status, headers: requestIDHeaders(requestID))
        let shape = error.shape.flatMap { ServiceModels.shared.model(named: service.name)?.shape($0) }
        switch kind {
        case .json:
            response.headers.append(("Content-Type", "application/x-amz-json-\(jsonVersion)"))
            queryCompatibility(error, shape, &response)
            response.body = JSONWriter.object([("__type", .string(typeName(error)), nil)] + members(error, shape))
        case .rpcV2CBOR:
            response.headers += [("smithy-protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor")]
            queryCompatibility(error, shape, &response)
            response.body = cbor([("__type", .string(typeName(error)), nil)] + members(error, shape))
        case .restJSON:
            response.headers += [("Content-Type", "application/json"), ("x-amzn-ErrorType", error.shape ?? error.code)]
            bind(error, shape, &response)
            response.body = JSONWriter.object(members(error, shape))
        case .query:
            response.headers.append(("Content-Type", "text/xml"))
            response.body = queryError(error, shape, requestID)
        case .restXML:
            let error = Self.inWordsOfS3(error)
            response.status = error.status
            // What was not modified has no document that tells so.
            if error.status != 304 { response.headers.append(("Content-Type", "application/xml")) }
            bind(error, shape, &response)
            response.headers += error.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            if error.status == 304 { return response }
            response.body = s3Error(error, shape, requestID)
        }
        return response
    }

    /// What is missing in a document, S3 calls malformed; it has names of its own for what fails everywhere.
    private static func inWordsOfS3(_ error: AWSError) -> AWSError {
        guard error.shape == nil else { return error }
        switch error.code {
        case "ValidationException":
            return AWSError(
                "MalformedXML", status: 400,
                message: "The XML you provided was not well-formed or did not validate against our published schema")
        case AWSError.internalFailure.code:
            return AWSError(
                "InternalError", status: 500, message: "We encountered an internal error. Please try again.")
        case "RequestTimeout":
            var error = error
            error.status = 400
            return error
        default: return error
        }
    }

    private typealias Member = (name: String, value: WireValue, member: MemberModel?)

    /// The error's name with the prefix that the service gives it. What is not the service's own comes from AWS's common framework.
    private func typeName(_ error: AWSError) -> String {
        let name = error.shape ?? error.code
        guard let namespace = service.errorNamespace else { return name }
        if error.shape != nil { return namespace + "#" + name }
        return (name == "ValidationException" ? "com.amazon.coral.validate#" : "com.amazon.coral.service#") + name
    }

    /// The message and what else the error's shape has in its body.
    private func members(_ error: AWSError, _ shape: ShapeModel?) -> [Member] {
        let message = shape?.members.first { $0.name.lowercased() == "message" }
        var members: [Member] = []
        for member in shape?.members ?? [] where member.location == .body {
            guard let value = error.fields[member.name], member.name != message?.name else { continue }
            members.append((member.wireName, value, member))
        }
        if !error.message.isEmpty { members.append((message?.wireName ?? "message", .string(error.message), nil)) }
        return members
    }

    /// Members of the error that go into headers.
    private func bind(_ error: AWSError, _ shape: ShapeModel?, _ response: inout HTTPResponseParts) {
        guard let shape else { return }
        RESTBinding.write(.structure(error.fields), shape, to: &response)
    }

    /// Services that once spoke the query protocol tell its code beside the new one.
    private func queryCompatibility(_ error: AWSError, _ shape: ShapeModel?, _ response: inout HTTPResponseParts) {
        guard service.isQueryCompatible else { return }
        let code = shape?.error?.code ?? error.code
        response.headers.append(("x-amzn-query-error", "\(code);\(error.fault == .server ? "Receiver" : "Sender")"))
    }

    private func cbor(_ members: [Member]) -> [UInt8] {
        var writer = CBORWriter()
        writer.head(5, UInt64(members.count))
        for entry in members {
            writer.string(entry.name)
            if let member = entry.member {
                writer.write(entry.value, member)
            } else {
                writer.string(entry.value.stringValue ?? "")
            }
        }
        return writer.bytes
    }

    private func queryError(_ error: AWSError, _ shape: ShapeModel?, _ requestID: String) -> [UInt8] {
        var writer = XMLWriter()
        writer.open("ErrorResponse", namespace: namespace)
        writer.open("Error")
        writer.element("Type", error.fault == .server ? "Receiver" : "Sender")
        writer.element("Code", shape?.error?.code ?? error.code)
        if !error.message.isEmpty { writer.element("Message", error.message) }
        // As SQS always has had it.
        if service.validation == .sqs { writer.element("Detail", "") }
        write(error, shape, &writer)
        writer.close("Error")
        writer.element("RequestId", requestID)
        writer.close("ErrorResponse")
        return writer.bytes
    }

    private func s3Error(_ error: AWSError, _ shape: ShapeModel?, _ requestID: String) -> [UInt8] {
        var writer = XMLWriter()
        writer.hasControls = true
        writer.declaration()
        writer.open("Error")
        writer.element("Code", shape?.error?.code ?? error.code)
        writer.element("Message", error.message)
        write(error, shape, &writer)
        // S3 says more about some errors than its model knows: the bucket, the key.
        for (name, value) in error.fields.sorted(by: { $0.key < $1.key }) where shape?.member(name) == nil {
            if let text = value.stringValue { writer.element(name, text) }
        }
        writer.element("RequestId", requestID)
        writer.element("HostId", HostID.of(requestID))
        writer.close("Error")
        return writer.bytes
    }

    private func write(_ error: AWSError, _ shape: ShapeModel?, _ writer: inout XMLWriter) {
        for member in shape?.members ?? [] where member.location == .body && member.name.lowercased() != "message" {
            guard let value = error.fields[member.name] else { continue }
            writer.write(value, member, name: member.wireName)
        }
    }
}
