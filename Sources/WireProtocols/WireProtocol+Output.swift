import ServiceKit
public import ServiceModel

extension WireProtocol {
    /// The answer of a call that went well.
    public func serializeOutput(_ output: WireValue, requestID: String) -> HTTPResponseParts {
        var response = HTTPResponseParts(status: operation?.status ?? 200, headers: requestIDHeaders(requestID))
        switch kind {
        case .json: writeJSON(output, &response)
        case .rpcV2CBOR: writeCBOR(output, &response)
        case .query: writeQuery(output, requestID, &response)
        case .restJSON, .restXML: writeREST(output, &response)
        }
        return response
    }

    /// The headers that carry the id of a request on this service.
    public func requestIDHeaders(_ requestID: String) -> [(name: String, value: String)] {
        guard kind == .restXML else { return [("x-amzn-RequestId", requestID)] }
        return [("x-amz-request-id", requestID), ("x-amz-id-2", HostID.of(requestID))]
    }

    private func writeJSON(_ output: WireValue, _ response: inout HTTPResponseParts) {
        response.headers.append(("Content-Type", "application/x-amz-json-\(jsonVersion)"))
        guard let member = operation?.output else {
            // Operations without output answer an empty body in JSON 1.1, an empty object in 1.0.
            if jsonVersion == "1.0" { response.body = Array("{}".utf8) }
            return
        }
        response.body = JSONWriter.write(output, member)
    }

    private func writeCBOR(_ output: WireValue, _ response: inout HTTPResponseParts) {
        response.headers.append(("smithy-protocol", "rpc-v2-cbor"))
        guard let member = operation?.output else { return }
        response.headers.append(("Content-Type", "application/cbor"))
        response.body = CBORWriter.write(output, member)
    }

    private func writeQuery(_ output: WireValue, _ requestID: String, _ response: inout HTTPResponseParts) {
        response.headers.append(("Content-Type", "text/xml"))
        var writer = XMLWriter()
        let root = (operation?.name ?? "") + "Response"
        writer.open(root, namespace: namespace)
        if let member = operation?.output {
            if let wrapper = operation?.resultWrapper { writer.open(wrapper) }
            writer.members(output.structureValue ?? [:], member.shape)
            if let wrapper = operation?.resultWrapper { writer.close(wrapper) }
        }
        writer.open("ResponseMetadata")
        writer.element("RequestId", requestID)
        writer.close("ResponseMetadata")
        writer.close(root)
        response.body = writer.bytes
    }

    var namespace: MemberModel.XMLNamespace? {
        service.xmlNamespace.map { MemberModel.XMLNamespace(uri: $0, prefix: nil) }
    }

    private func writeREST(_ output: WireValue, _ response: inout HTTPResponseParts) {
        guard let member = operation?.output else { return }
        RESTBinding.write(output, member.shape, to: &response)
        if let payload = member.shape.payload {
            writePayload(output[payload.name], payload, &response)
        } else if response.status != 204,
            member.shape.members.contains(where: { $0.location == .body }) || kind == .restJSON
        {
            writeBody(output, member, &response)
        }
    }

    private func writePayload(_ value: WireValue?, _ payload: MemberModel, _ response: inout HTTPResponseParts) {
        switch value {
        case .blob(let bytes):
            response.body = bytes
            setContentType(operation?.responseContentType ?? "application/octet-stream", &response)
        case .string(let text):
            response.body = Array(text.utf8)
            setContentType(operation?.responseContentType ?? "text/plain", &response)
        case nil, .null: return
        case let value?: writeBody(value, payload, &response)
        }
    }

    private func setContentType(_ type: String, _ response: inout HTTPResponseParts) {
        guard response.header("Content-Type") == nil else { return }
        response.headers.append(("Content-Type", type))
    }

    private func writeBody(_ value: WireValue, _ member: MemberModel, _ response: inout HTTPResponseParts) {
        if kind == .restJSON {
            response.body = JSONWriter.write(value, member)
            setContentType("application/json", &response)
            return
        }
        var writer = XMLWriter()
        writer.hasControls = true
        writer.declaration()
        if operation?.name == "GetBucketLocation" {
            // The one answer whose only member is its root.
            writer.open("LocationConstraint", namespace: member.xmlNamespace ?? namespace)
            writer.text(value["LocationConstraint"]?.stringValue ?? "")
            writer.close("LocationConstraint")
        } else {
            let root = member.locationName ?? member.shape.name
            writer.open(root, namespace: member.xmlNamespace ?? namespace)
            writer.members(value.structureValue ?? [:], member.shape)
            writer.close(root)
        }
        response.body = writer.bytes
        setContentType("application/xml", &response)
    }
}
