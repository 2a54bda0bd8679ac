/// What the server, or the way to it, has answered instead of a result.
struct PostgresError: Error {
    /// Five characters; empty if the connection is gone.
    var state: String
    var message: String
    var isConnectionLost: Bool

    /// Another transaction was in the way: run it again.
    var isConflict: Bool { state == "40001" || state == "40P01" }
    /// A row with the key is there. It may be new, so that a closure that looks first would now find it.
    var isDuplicate: Bool { state == "23505" }
    /// The statement was prepared for tables that have changed since, or the server has forgotten it.
    var isStalePlan: Bool { state == "26000" || (state == "0A000" && message.contains("cached plan")) }
    /// The server has no room for this connection, or is just starting: wait.
    var isBusy: Bool {
        state == "53300" || state == "57P03" || message.contains("too many clients") || message.contains("starting up")
    }

    var databaseError: DatabaseError {
        if state.hasPrefix("23") { return .constraint(message) }
        if state == "53100" { return .diskFull }
        return .failed(state.isEmpty ? message : "\(message) (SQLSTATE \(state))")
    }
}
