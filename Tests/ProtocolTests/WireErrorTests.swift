import ServiceKit
import ServiceModel
import Testing

@testable import WireProtocols

/// The exact forms of errors.
@Suite struct WireErrorTests {
    private func answer(_ service: String, _ kind: WireProtocolKind, _ error: AWSError) throws -> HTTPResponseParts {
        let metadata = try #require(ServiceModels.shared.metadata(named: service))
        return WireProtocol(kind: kind, service: metadata).serializeError(error, requestID: "id")
    }

    private func text(_ response: HTTPResponseParts) -> String { String(decoding: response.body, as: UTF8.self) }

    @Test func lambda() throws {
        let error = AWSError(
            "ResourceNotFoundException", shape: "ResourceNotFoundException", status: 404, message: "Function not found",
            fields: ["Type": "User"])
        let response = try answer("lambda", .restJSON, error)
        #expect(response.status == 404)
        #expect(text(response) == #"{"Type":"User","Message":"Function not found"}"#)
        #expect(response.header("x-amzn-errortype") == "ResourceNotFoundException")
        #expect(response.header("x-amzn-requestid") == "id")
    }

    @Test func logs() throws {
        let error = AWSError("InvalidParameterException", shape: "InvalidParameterException", message: "m")
        let response = try answer("logs", .json, error)
        #expect(text(response) == #"{"__type":"InvalidParameterException","message":"m"}"#)
        #expect(response.header("content-type") == "application/x-amz-json-1.1")
    }

    @Test func dynamoDBNamesItsPackages() throws {
        let own = AWSError("ResourceNotFoundException", shape: "ResourceNotFoundException", message: "m")
        #expect(
            text(try answer("dynamodb", .json, own))
                == #"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"m"}"#)
        let common = AWSError("SerializationException", message: "")
        #expect(
            text(try answer("dynamodb", .json, common))
                == #"{"__type":"com.amazon.coral.service#SerializationException"}"#)
    }

    @Test func sqsInBothProtocols() throws {
        let error = AWSError("QueueDoesNotExist", shape: "QueueDoesNotExist", message: "m")
        let json = try answer("sqs", .json, error)
        #expect(text(json) == #"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"}"#)
        #expect(json.header("x-amzn-query-error") == "AWS.SimpleQueueService.NonExistentQueue;Sender")
        #expect(
            text(try answer("sqs", .query, error))
                == "<ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>m</Message><Detail></Detail></Error><RequestId>id</RequestId></ErrorResponse>"
        )
    }

    @Test func s3HasItsOwnNames() throws {
        let failure = try answer("s3", .restXML, .internalFailure)
        #expect(failure.status == 500)
        #expect(
            text(failure).contains(
                "<Code>InternalError</Code><Message>We encountered an internal error. Please try again.</Message>"))
        let unmodified = try answer("s3", .restXML, AWSError("304", status: 304, message: "Not Modified"))
        #expect(unmodified.status == 304 && unmodified.body.isEmpty)
        #expect(unmodified.header("content-type") == nil)
    }

    @Test func s3() throws {
        let error = AWSError(
            "NoSuchBucket", shape: "NoSuchBucket", status: 404, message: "m", fields: ["BucketName": "b"])
        let response = try answer("s3", .restXML, error)
        #expect(
            text(response).contains(
                "<Error><Code>NoSuchBucket</Code><Message>m</Message><BucketName>b</BucketName><RequestId>id</RequestId>"
            ))
        #expect(response.header("x-amz-request-id") == "id")
        #expect(response.header("x-amz-id-2") != nil)
    }

    @Test func serversAreAtFaultWhereTheyAre() throws {
        #expect(
            text(try answer("iam", .query, .internalFailure)).contains(
                "<Type>Receiver</Type><Code>InternalFailure</Code>"))
    }
}
