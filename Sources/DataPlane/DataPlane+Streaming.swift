public import Execution

extension DataPlane {
    /// The invocation itself is an ordinary one, and goes on whatever becomes of the stream's reader.
    public func invokeStreaming(
        _ function: FunctionVersion, _ request: InvocationRequest
    ) async throws -> ResponseStream {
        let stream = ResponseStream()
        var request = request
        request.stream = stream
        Task { [request] in
            do {
                stream.finish(try await invoke(function, request))
            } catch {
                stream.fail(error)
            }
        }
        try await stream.opened()
        return stream
    }
}
