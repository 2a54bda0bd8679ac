import Logging
import NIOCore
import ServiceKit

extension Chain {
    /// One line for each answer: at level info if the server is at fault, else at debug.
    func logAccess(_ request: ChainRequest?, _ head: RequestHead?, _ response: HTTPResponse) {
        let level: Logger.Level = response.status >= 500 ? .info : .debug
        guard platform.logger.logLevel <= level else { return }
        var line = "\(response.status) \(request?.operationName ?? "unknown")"
        if let head { line += " \(head.method) \(head.path)" }
        var metadata: Logger.Metadata = ["bytes": "\(response.body.count)"]
        if let request {
            let elapsed = request.started.duration(to: .now)
            metadata["request"] = "\(request.id)"
            metadata["ms"] = "\(elapsed / .milliseconds(1))"
            if let arn = request.principal.arn { metadata["principal"] = "\(arn)" }
        }
        platform.logger.log(level: level, "\(line)", metadata: metadata)
    }
}
