import ServiceKit
import ServiceModel
import Synchronization

/// The file of a form, which is read while it arrives.
final class FormFile: ByteSource {
    private struct State {
        var reader: FormReader
        /// What came with the fields.
        var first: [UInt8]
        var count = 0
    }

    let length: Int? = nil
    private let stream: BodyStream
    private let range: ClosedRange<Int>?
    private let state: Mutex<State>

    /// `first` is what the reader has already found of the file; `range` is what the form's policy allows.
    init(_ stream: BodyStream, _ reader: FormReader, first: [UInt8], range: ClosedRange<Int>?) {
        self.stream = stream
        self.range = range
        state = Mutex(State(reader: reader, first: first))
    }

    func next() async throws -> [UInt8]? {
        let first = state.withLock { state in
            defer { state.first = [] }
            return state.first
        }
        if !first.isEmpty { return try counted(first) }
        while let bytes = try await stream.next() {
            let piece = try reading { reader throws(FormReader.Problem) in try reader.take(bytes) }
            if !piece.isEmpty { return try counted(piece) }
        }
        try reading { reader throws(FormReader.Problem) in try reader.end() }
        let count = state.withLock { $0.count }
        if let range, count < range.lowerBound {
            throw AWSError(
                "EntityTooSmall", status: 400,
                message: "Your proposed upload is smaller than the minimum allowed size",
                fields: [
                    "ProposedSize": .string(String(count)), "MinSizeAllowed": .string(String(range.lowerBound)),
                ])
        }
        return nil
    }

    private func reading<T>(_ body: (inout FormReader) throws(FormReader.Problem) -> T) throws(AWSError) -> T {
        let result = state.withLock { state -> Result<T, FormReader.Problem> in
            do throws(FormReader.Problem) { return .success(try body(&state.reader)) } catch { return .failure(error) }
        }
        do { return try result.get() } catch { throw Self.error(error) }
    }

    private func counted(_ bytes: [UInt8]) throws -> [UInt8] {
        let count = state.withLock { state in
            state.count += bytes.count
            return state.count
        }
        let most = range?.upperBound ?? Chain.objectLimit
        if count > most {
            throw AWSError(
                "EntityTooLarge", status: 400, message: "Your proposed upload exceeds the maximum allowed size",
                fields: ["ProposedSize": .string(String(count)), "MaxSizeAllowed": .string(String(most))])
        }
        return bytes
    }

    static func error(_ problem: FormReader.Problem) -> AWSError {
        switch problem {
        case .malformed, .ended:
            AWSError(
                "MalformedPOSTRequest", status: 400,
                message: "The body of your POST request is not well-formed multipart/form-data.")
        case .fieldsTooLarge:
            AWSError(
                "MaxPostPreDataLengthExceeded", status: 400,
                message: "Your POST request fields preceding the upload file were too large.")
        }
    }
}
