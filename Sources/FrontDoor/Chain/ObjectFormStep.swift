import Foundation
import NIOHTTP1
import ServiceKit
import ServiceModel
import WireProtocols

/// Uploads from the forms of web pages: "POST Object" in the S3 API reference. No model has it; it becomes a `PutObject`.
extension Chain {
    /// What comes before the file may have 20 KB.
    private static let formFieldsLimit = 20 * 1024

    /// - Returns: whether the request is such an upload.
    func routeToObjectForm(_ request: inout ChainRequest) -> Bool {
        guard let form = objectForm(request) else { return false }
        request.form = form
        request.wire = platform.router.wire(service: "s3", operation: "PutObject")
        return true
    }

    func objectForm(_ request: ChainRequest) -> ObjectForm? {
        let head = request.head
        guard head.method == "POST", head.query.isEmpty,
            let boundary = head.headers.first(name: "content-type").flatMap(FormReader.boundary)
        else { return nil }
        let names = head.path.split(separator: "/", omittingEmptySubsequences: true)
        let bucket: String
        if let name = request.hostRoute.bucket, names.isEmpty {
            bucket = name
        } else if request.hostRoute.service ?? "s3" == "s3", names.count == 1, let name = names.first {
            bucket = name.removingPercentEncoding ?? String(name)
        } else {
            return nil
        }
        return ObjectForm(bucket: bucket, boundary: boundary)
    }

    func answerObjectForm(_ request: inout ChainRequest, _ form: ObjectForm, _ exchange: Exchange) async throws {
        guard let stream = request.stream, platform.dispatcher.implements("s3", "PutObject") else {
            throw AWSError.notImplemented(service: "s3", operation: "PutObject")
        }
        var reader = FormReader(boundary: form.boundary, limit: Self.formFieldsLimit)
        var first: [UInt8] = []
        do throws(FormReader.Problem) {
            while reader.file == nil, let bytes = try await Self.next(stream) { first = try reader.take(bytes) }
        } catch {
            throw FormFile.error(error)
        }
        guard let file = reader.file else {
            throw AWSError(
                "InvalidArgument", status: 400,
                message: "POST requires exactly one file upload per request.",
                fields: ["ArgumentName": "file", "ArgumentValue": "0"])
        }
        let fields = reader.fields.map { (name: $0.name, value: $0.value.replacing("${filename}", with: file.name)) }
        let range = try await authenticate(&request, form, fields)
        var (call, route) = try putObject(
            request, form, fields, file, FormFile(stream, reader, first: first, range: range))
        try await authorize(request, route)
        call.facts = request.facts
        call.facts?.proof = .form
        call.facts?.algorithm = try FormCredentials(fields).map { $0.scope == nil ? "AWS" : "AWS4-HMAC-SHA256" }
        let reply = try await platform.dispatcher.perform(call)
        finish(request, try answer(reply, request, route, form, fields), exchange)
    }

    private static func next(_ stream: BodyStream) async throws(FormReader.Problem) -> [UInt8]? {
        do { return try await stream.next() } catch { throw .ended }
    }

    /// Who has allowed the upload, and how large it may be.
    private func authenticate(
        _ request: inout ChainRequest, _ form: ObjectForm, _ fields: [(name: String, value: String)]
    ) async throws -> ClosedRange<Int>? {
        let credentials = try FormCredentials(fields)
        switch caller {
        case .sandbox(let identity):
            request.principal = identity.principal
            request.account = identity.account
        case .anyone:
            request.principal = platform.isOpen ? .root(account: platform.configuration.defaultAccount) : .anonymous
            if let credentials { request.principal = try await principal(credentials) }
            request.account = request.principal.account ?? platform.configuration.defaultAccount
        }
        guard let credentials else { return nil }
        if let region = credentials.scope?.region { request.region = region }
        let policy = try PostPolicy(base64: credentials.policy)
        try policy.check(
            fields, bucket: form.bucket, now: Date(timeIntervalSince1970: Double(platform.clock())))
        return policy.length
    }

    private func principal(_ credentials: FormCredentials) async throws -> Principal {
        if platform.isOpen, AccountID.isValid(credentials.accessKeyID) {
            return .root(account: credentials.accessKeyID)
        }
        let known = try? await platform.credentials.resolve(
            accessKeyID: credentials.accessKeyID, sessionToken: credentials.sessionToken)
        if platform.isOpen {
            return known?.principal ?? .root(account: platform.configuration.defaultAccount)
        }
        guard let known else {
            var error = SignatureError.unknownKey.error(.s3)
            error.fields["AWSAccessKeyId"] = .string(credentials.accessKeyID)
            throw error
        }
        guard credentials.isGood(secret: known.key.secret), credentials.scope?.service ?? "s3" == "s3" else {
            throw SignatureError.mismatch(
                accessKeyID: credentials.accessKeyID, stringToSign: credentials.policy,
                provided: credentials.signature, canonicalRequest: nil
            ).error(.s3)
        }
        return known.principal
    }

    /// The fields are what headers would be.
    private func putObject(
        _ request: ChainRequest, _ form: ObjectForm, _ fields: [(name: String, value: String)], _ file: FormReader.File,
        _ payload: FormFile
    ) throws -> (Call, Route) {
        guard let key = fields.first(where: { $0.name.lowercased() == "key" })?.value, !key.isEmpty else {
            throw AWSError(
                "InvalidArgument", status: 400,
                message:
                    "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
                fields: ["ArgumentName": "key", "ArgumentValue": ""])
        }
        var headers: [(name: String, value: String)] = []
        for field in fields {
            let name = field.name.lowercased()
            switch name {
            case "key", "policy", "x-amz-signature", "x-amz-credential", "x-amz-algorithm", "x-amz-date",
                "x-amz-security-token", "awsaccesskeyid", "signature", "success_action_status",
                "success_action_redirect", "redirect", "file",
                "content-length":
                break
            case "acl": headers.append(("x-amz-acl", field.value))
            case "tagging": headers.append(("x-amz-tagging", try FormTags.header(field.value, platform.router)))
            default: headers.append((name, field.value))
            }
        }
        if !headers.contains(where: { $0.name == "content-type" }), let type = file.contentType {
            headers.append(("content-type", type))
        }
        let path = "/\(Self.encoded(form.bucket))/\(Self.encoded(key))"
        let parts = HTTPRequestParts(method: "PUT", path: path, headers: headers)
        let route: Route
        do throws(RoutingFailure) {
            route = try platform.router.route(parts, signingName: "s3")
        } catch {
            throw error.error
        }
        let input = try route.wire.parseInput(parts, labels: route.labels)
        try Validator.validate(input, route.operation, route.service)
        let call = Call(
            service: "s3", operation: "PutObject", input: input, principal: request.principal,
            account: request.account, region: request.region, requestID: request.id,
            endpoint: endpoint(request), payload: payload, isForm: true,
            sourceAddress: request.connection.sourceAddress)
        return (call, route)
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(
            withAllowedCharacters: .alphanumerics.intersection(.init(charactersIn: "\0"..."\u{7F}")))
            ?? text
    }

    /// As the form wants it: a status, a document, or another page.
    private func answer(
        _ reply: Reply, _ request: ChainRequest, _ route: Route, _ form: ObjectForm,
        _ fields: [(name: String, value: String)]
    ) throws -> HTTPResponse {
        func value(_ name: String) -> String? { fields.first { $0.name.lowercased() == name }?.value }
        let key = value("key") ?? ""
        var answer = serialize(reply.output, request, route, status: 204)
        answer.body = []
        // The host of a request may name the bucket already.
        let root = endpoint(request) + (request.hostRoute.bucket == nil ? "/\(form.bucket)" : "")
        let location = "\(root)/\(Self.encoded(key).replacing("%2F", with: "/"))"
        answer.set("Location", location)
        let tag = answer["etag"] ?? ""
        if let page = value("success_action_redirect") ?? value("redirect"),
            var target = URLComponents(string: page), target.host != nil
        {
            let added = [("bucket", form.bucket), ("key", key), ("etag", tag)]
            target.queryItems = (target.queryItems ?? []) + added.map { URLQueryItem(name: $0.0, value: $0.1) }
            answer.status = 303
            answer.set("Location", target.string ?? page)
            return answer
        }
        switch value("success_action_status") {
        case "200": answer.status = 200
        case "201":
            answer.status = 201
            answer.set("Content-Type", "application/xml")
            let elements = [("Location", location), ("Bucket", form.bucket), ("Key", key), ("ETag", tag)]
            let text = elements.map { "<\($0.0)>\(FormTags.escaped($0.1))</\($0.0)>" }.joined()
            answer.body = Array(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse>\(text)</PostResponse>".utf8)
        default: break
        }
        return answer
    }

    func endpoint(_ request: ChainRequest) -> String {
        (request.connection.isSecure ? "https://" : "http://") + request.head.authority
    }
}

/// Where a form's file goes, and how the form is written.
struct ObjectForm: Sendable {
    var bucket: String
    var boundary: String
}
