/// What happens to a function that invokes itself through other services:
/// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
enum RecursiveLoop: String, Sendable, Hashable {
    /// Invocations of a loop end after about 16 rounds.
    case terminate = "Terminate"
    case allow = "Allow"
}
