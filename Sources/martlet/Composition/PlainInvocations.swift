import DataPlane
import Execution
import FrontDoor
import Lambda
import NIOCore
import ServiceKit

/// Connects the door with the data plane for invocations whose function is in memory.
struct PlainInvocations: InvocationLane {
    let lambda: LambdaService
    let dataPlane: DataPlane
    let credentials: CredentialDirectory
    let defaultAccount: String

    func account(ofKey accessKeyID: String) -> String? {
        AccountID.isValid(accessKeyID)
            ? accessKeyID : credentials.account(ofUnproved: accessKeyID, else: defaultAccount)
    }

    func target(account: String, region: String, name: String, qualifier: String?) -> (any InvocationTarget)? {
        lambda.invocable(account: account, region: region, name: name, qualifier: qualifier).map {
            Target(version: $0, lane: self)
        }
    }

    private final class Target: InvocationTarget {
        let version: InvocableVersion
        let lane: PlainInvocations

        init(version: InvocableVersion, lane: PlainInvocations) {
            self.version = version
            self.lane = lane
        }

        var isCurrent: Bool { lane.lambda.isCurrent(version) }
        var executedVersion: String { version.function.version }

        func accepts(_ payload: ByteBuffer, isEvent: Bool) -> Bool {
            payload.withUnsafeReadableBytes { lane.lambda.isAcceptable(payload: $0, isEvent: isEvent) }
        }

        func enqueue(_ event: LaneEvent) async -> Result<LaneAnswer, AWSError> {
            do {
                try await lane.lambda.enqueue(
                    version, requestID: event.requestID, payload: Array(event.payload.readableBytesView),
                    traceHeader: event.traceHeader)
                return .success(.accepted)
            } catch {
                return .failure(error as? AWSError ?? .internalFailure)
            }
        }

        func begin(
            _ event: LaneEvent, on loop: any EventLoop, done: @escaping @Sendable (Result<LaneAnswer, AWSError>) -> Void
        ) -> Bool {
            let event = InvocationEvent(
                requestID: event.requestID, payload: event.payload, invokedFunctionARN: version.arn,
                traceHeader: event.traceHeader, wantsLogTail: event.wantsLogTail)
            return lane.dataPlane.beginWarm(version.function, event, on: loop) { result in
                switch result {
                case .success(let answer):
                    done(
                        .success(
                            LaneAnswer(
                                payload: answer.payload, functionError: answer.functionError,
                                logTail: answer.logTail)))
                case .failure(let error): done(.failure(error as? AWSError ?? .internalFailure))
                }
            }
        }

        func start(_ event: LaneEvent) async -> Result<LaneAnswer, AWSError> {
            do {
                let result = try await lane.dataPlane.invoke(
                    version.function,
                    InvocationRequest(
                        requestID: event.requestID, payload: Array(event.payload.readableBytesView),
                        invokedFunctionARN: version.arn, traceHeader: event.traceHeader,
                        wantsLogTail: event.wantsLogTail))
                return .success(
                    LaneAnswer(
                        payload: ByteBuffer(bytes: result.payload), functionError: result.functionError,
                        logTail: result.logTail))
            } catch {
                return .failure(error as? AWSError ?? .internalFailure)
            }
        }
    }
}
