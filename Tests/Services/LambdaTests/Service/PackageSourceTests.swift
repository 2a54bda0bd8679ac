import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import Lambda

/// Code that comes from S3.
struct PackageSourceTests {
    @Test(arguments: TestDatabase.engines)
    func codeComesFromObjects(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            fixture.objects.put(LambdaFixture.package("one"), bucket: "b", key: "k")
            fixture.objects.put(LambdaFixture.package("two"), bucket: "b", key: "k", version: "v2")
            let created = try await fixture.create { $0.code = FunctionCode(s3Bucket: "b", s3Key: "k") }
            let uploaded = try await fixture.create("g", code: "one")
            #expect(created.codeSha256 == uploaded.codeSha256)
            let updated = try await fixture.updateCode(code: "") {
                ($0.zipFile, $0.s3Bucket, $0.s3Key, $0.s3ObjectVersion) = (nil, "b", "k", "v2")
            }
            #expect(updated.codeSha256 != created.codeSha256)
            try await fixture.invoke()
            #expect(
                fixture.objects.readers == [
                    .root(account: LambdaFixture.account), .root(account: LambdaFixture.account),
                ])
            let layer = try await fixture.service.publishLayerVersion(
                PublishLayerVersionRequest(
                    layerName: "l", content: LayerVersionContentInput(s3Bucket: "b", s3Key: "k")),
                fixture.call("PublishLayerVersion"))
            #expect(layer.content?.codeSha256 == created.codeSha256)
        }
    }

    @Test func whatS3RefusesIsSaid() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create("f")
            fixture.objects.put([1], bucket: "b", key: "broken")
            let prefix = "Error occurred while GetObject. S3 Error Code: "
            let cases = [
                ("x", "k", prefix + "NoSuchBucket. S3 Error Message: The specified bucket does not exist"),
                ("b", "k", prefix + "NoSuchKey. S3 Error Message: The specified key does not exist."),
                ("b", "broken", "Could not unzip uploaded file. Please check your file, then try to upload again."),
                (
                    "b", "secret",
                    "Your access has been denied by S3, please make sure your request credentials have permission to "
                        + "GetObject for b/secret. S3 Error Code: AccessDenied. S3 Error Message: Access Denied"
                ),
                ("b", "", "Please provide a source for function code."),
            ]
            for (bucket, key, expected) in cases {
                let created = await awsError {
                    try await fixture.create("n") { $0.code = FunctionCode(s3Bucket: bucket, s3Key: key) }
                }
                #expect(created?.message == expected)
                let updated = await awsError {
                    try await fixture.updateCode(code: "") { ($0.zipFile, $0.s3Bucket, $0.s3Key) = (nil, bucket, key) }
                }
                #expect(updated?.message == expected)
            }
            let both = await awsError {
                try await fixture.create("n") {
                    $0.code.s3Bucket = "b"
                    $0.code.s3Key = "k"
                }
            }
            #expect(both?.message == "Please do not provide other FunctionCode parameters when providing a ZipFile.")
        }
    }

    @Test func withoutS3TheParameterIsRefusedByName() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            let error = await awsError {
                try await fixture.create { $0.code = FunctionCode(s3Bucket: "b", s3Key: "k") }
            }
            #expect(error?.code == "NotImplemented")
            #expect(error?.message.contains("Code.S3Bucket") == true)
        }
    }
}
