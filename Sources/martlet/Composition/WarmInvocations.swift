import DataPlane
import Execution
import FrontDoor
import Lambda
import NIOCore
import ServiceKit

/// Connects the door with the data plane for invocations that need nothing but what is in memory.
struct WarmInvocations: InvocationLane {
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
        let lane: WarmInvocations

        init(version: InvocableVersion, lane: WarmInvocations) {
            self.version = version
            self.lane = lane
        }

        var isCurrent: Bool { lane.lambda.isCurrent(version) }
        var executedVersion: String { version.function.version }

        func begin(
            _ event: LaneEvent, on loop: any EventLoop, done: @escaping @Sendable (Result<LaneAnswer, AWSError>) -> Void
        ) -> Bool {
            guard event.payload.withUnsafeReadableBytes(lane.lambda.isAcceptable) else { return false }
            return lane.dataPlane.beginWarm(
                version.function,
                InvocationEvent(
                    requestID: event.requestID, payload: event.payload, invokedFunctionARN: version.arn,
                    traceHeader: event.traceHeader, wantsLogTail: event.wantsLogTail), on: loop
            ) { result in
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
    }
}
