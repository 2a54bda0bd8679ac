import Testing

@testable import ServiceModel

@Suite struct RESTRoutesTests {
    private func match(_ service: String, _ method: String, _ target: String, headers: [String: String] = [:]) throws
        -> RESTRoutes.Match?
    {
        let parts = target.split(separator: "?", maxSplits: 1)
        let query = parts.count > 1 ? parts[1].split(separator: "&") : []
        var items: [String: String] = [:]
        for item in query {
            let pair = item.split(separator: "=", maxSplits: 1)
            items[String(pair[0])] = pair.count > 1 ? String(pair[1]) : ""
        }
        return try #require(ServiceModels.shared.model(named: service)).routes.match(
            method: method, segments: parts[0].dropFirst().split(separator: "/", omittingEmptySubsequences: false),
            query: { items[$0] },
            header: { headers[$0] })
    }

    @Test(arguments: [
        ("POST", "/2015-03-31/functions/f/invocations", "Invoke"), ("GET", "/2015-03-31/functions", "ListFunctions"),
        ("GET", "/2015-03-31/functions/", "ListFunctions"), ("GET", "/2015-03-31/functions/f", "GetFunction"),
        ("GET", "/2016-08-19/account-settings", "GetAccountSettings"),
        ("DELETE", "/2017-03-31/tags/arn%3Aaws%3Ax", "UntagResource"),
        ("PUT", "/2015-03-31/functions/f/aliases/a%20b", "UpdateAlias"),
    ])
    func lambda(method: String, target: String, operation: String) throws {
        #expect(try match("lambda", method, target)?.operation.name == operation)
    }

    @Test(arguments: [
        ("GET", "/", "ListBuckets"), ("GET", "/b", "ListObjects"), ("GET", "/b/", "ListObjects"),
        ("GET", "/b?list-type=2", "ListObjectsV2"),
        ("GET", "/b/k/with/slashes", "GetObject"), ("POST", "/b/k?uploads", "CreateMultipartUpload"),
        ("PUT", "/b/k?partNumber=1&uploadId=u", "UploadPart"), ("PUT", "/b", "CreateBucket"),
        ("PUT", "/b?versioning", "PutBucketVersioning"),
        ("GET", "/b/k?acl", "GetObjectAcl"), ("POST", "/b?delete", "DeleteObjects"),
    ])
    func s3(method: String, target: String, operation: String) throws {
        #expect(try match("s3", method, target)?.operation.name == operation)
    }

    @Test func headersTellCopiesApart() throws {
        #expect(try match("s3", "PUT", "/b/k", headers: ["x-amz-copy-source": "a/b"])?.operation.name == "CopyObject")
        #expect(try match("s3", "PUT", "/b/k")?.operation.name == "PutObject")
    }

    @Test func labelsAreDecoded() throws {
        let found = try #require(try match("s3", "GET", "/b%20c/a%2Fb/c+d"))
        #expect(found.labels.map(\.value) == ["b c", "a/b/c+d"])
    }

    @Test(arguments: [
        "/2015-03-31/functions/%zz", "/2015-03-31/functions/%ff", "/nothing", "/2015-03-31/functions//invocations",
    ])
    func badPathsMatchNothing(target: String) throws {
        #expect(try match("lambda", "GET", target) == nil)
    }
}
