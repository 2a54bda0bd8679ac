import Foundation
import Logging
import NIOCore
import ServiceKit
import ServiceModel
import WireProtocols

/// Takes plain invocations at the door of one connection. Confined to its event loop.
///
/// One client invokes the same function again and again, so what was found out for the last invocation is kept; what has not changed
/// in the bytes is not looked up again.
final class InvocationDesk {
    private let platform: Platform
    private let lane: any InvocationLane
    private let connection: ConnectionInfo

    private var host: [UInt8] = []
    /// nil: what is not signed calls for the default account.
    private var accessKeyID: [UInt8]?
    private var region: [UInt8]?
    private var account: String
    private var name: [UInt8] = []
    private var qualifier: [UInt8]?
    private var target: (any InvocationTarget)?

    /// - Returns: nil if every request of the connection has to go through the chain.
    init?(_ platform: Platform, caller: Caller, connection: ConnectionInfo) {
        guard case .anyone = caller, platform.isOpen, let lane = platform.invocations,
            platform.logger.logLevel > .debug
        else { return nil }
        self.platform = platform
        self.lane = lane
        self.connection = connection
        account = platform.configuration.defaultAccount
    }

    /// What `head` invokes; nil if the chain has to find out.
    func find(_ head: InvocationHead, in bytes: UnsafeRawBufferPointer) -> (any InvocationTarget)? {
        guard isKnown(host: bytes[head.host]), isKnown(accessKeyID: head.credential?.accessKeyID, in: bytes)
        else { return nil }
        if let target, bytes.equal(head.name, name), bytes.equal(head.credential?.region, region),
            bytes.equal(head.qualifier, qualifier), target.isCurrent
        {
            return target
        }
        target = nil
        name = Array(bytes[head.name])
        region = head.credential.map { Array(bytes[$0.region]) }
        qualifier = head.qualifier.map { Array(bytes[$0]) }
        let regionName = region.map { String(decoding: $0, as: UTF8.self) } ?? platform.configuration.region
        guard Chain.isRegionName(regionName) else { return nil }
        target = lane.target(
            account: account, region: regionName, name: String(decoding: name, as: UTF8.self),
            qualifier: qualifier.map { String(decoding: $0, as: UTF8.self) })
        return target
    }

    private func isKnown(host bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        if bytes.elementsEqual(host) { return true }
        if Self.isUsual(host: bytes) {
            host = Array(bytes)
            return true
        }
        guard let name = HostName(String(decoding: bytes, as: UTF8.self)),
            platform.hosts.allows(name, localAddress: connection.localAddress?.ipAddress)
        else { return false }
        if let suffix = platform.hosts.suffix(of: name.name) {
            // A name that says more than where this server is.
            guard HostRoute(name: name.name, suffix: suffix) == HostRoute() else { return false }
        }
        host = Array(bytes)
        return true
    }

    /// What nearly every client names, told without making text of it.
    private static func isUsual(host bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
        guard bytes[..<end].elementsEqual("127.0.0.1".utf8) || bytes[..<end].elementsEqual("localhost".utf8),
            bytes.endIndex - end <= 6
        else { return false }
        var port = 0
        for byte in bytes[end...].dropFirst() {
            guard (0x30...0x39).contains(byte) else { return false }
            port = port * 10 + Int(byte - 0x30)
        }
        return port <= 65_535
    }

    private func isKnown(accessKeyID range: Range<Int>?, in bytes: UnsafeRawBufferPointer) -> Bool {
        if bytes.equal(range, accessKeyID) { return true }
        if let range {
            guard let account = lane.account(ofKey: String(decoding: bytes[range], as: UTF8.self)) else { return false }
            self.account = account
        } else {
            account = platform.configuration.defaultAccount
        }
        accessKeyID = range.map { Array(bytes[$0]) }
        target = nil
        return true
    }

    // MARK: Answers

    /// A failure that is not the function's, as the chain would write it.
    func response(_ error: AWSError, requestID: String) -> HTTPResponse {
        guard let wire = platform.router.wire(service: "lambda", operation: "Invoke") else {
            return .error(status: error.status, code: error.code, message: error.message, requestID: requestID)
        }
        let parts = wire.serializeError(error, requestID: requestID)
        return HTTPResponse(
            status: parts.status, headers: parts.headers.map { HTTPResponse.Header(name: $0.name, value: $0.value) },
            body: parts.body)
    }

    private var second: Int64 = -1
    private var date = ""

    /// Writes the head of an answer.
    func write(_ answer: LaneAnswer, requestID: String, version: String, keepAlive: Bool, to buffer: inout ByteBuffer) {
        let now = WallClock.seconds
        if now != second {
            second = now
            date = HTTPDate.string(seconds: now)
        }
        buffer.writeStaticString(
            answer.isAccepted ? "HTTP/1.1 202 Accepted\r\nDate: " : "HTTP/1.1 200 OK\r\nDate: ")
        buffer.writeString(date)
        buffer.writeStaticString("\r\nx-amzn-RequestId: ")
        buffer.writeString(requestID)
        if let error = answer.functionError {
            buffer.writeStaticString("\r\nX-Amz-Function-Error: ")
            buffer.writeString(error)
        }
        if let tail = answer.logTail {
            buffer.writeStaticString("\r\nX-Amz-Log-Result: ")
            buffer.writeString(Data(tail).base64EncodedString())
        }
        if !answer.isAccepted {
            buffer.writeStaticString("\r\nX-Amz-Executed-Version: ")
            buffer.writeString(version)
            buffer.writeStaticString("\r\nContent-Type: application/json")
        }
        buffer.writeStaticString("\r\nContent-Length: ")
        buffer.writeString(String(answer.payload.readableBytes))
        buffer.writeStaticString(keepAlive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n")
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func equal(_ range: Range<Int>, _ known: [UInt8]) -> Bool {
        range.count == known.count && self[range].elementsEqual(known)
    }

    fileprivate func equal(_ range: Range<Int>?, _ known: [UInt8]?) -> Bool {
        switch (range, known) {
        case (nil, nil): true
        case (let range?, let known?): equal(range, known)
        default: false
        }
    }
}
