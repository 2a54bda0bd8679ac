import NIOCore
import NIOPosix

/// The event loops that everything is served on.
enum EventLoops {
    /// One for every two processors: functions need the others. An invocation whose connection and environment are on one loop
    /// changes threads nowhere, and the fewer loops there are the likelier that is.
    ///
    /// To be called before anything else asks for loops; once.
    static func make() -> MultiThreadedEventLoopGroup {
        NIOSingletons.groupLoopCountSuggestion = max(1, System.coreCount / 2)
        return .singleton
    }
}
