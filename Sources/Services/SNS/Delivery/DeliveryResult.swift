import ServiceKit
import ServiceModel

/// What became of one attempt.
enum DeliveryResult: Sendable, Hashable {
    /// The target took it.
    case delivered(DeliveryNote)
    /// The target may take it later.
    case unavailable(DeliveryNote)
    /// The target will never take it as it is.
    case refused(DeliveryNote)

    var note: DeliveryNote {
        switch self {
        case .delivered(let note), .unavailable(let note), .refused(let note): note
        }
    }

    init(_ error: any Error) {
        guard let error = error as? AWSError else {
            self = .unavailable(DeliveryNote(status: 500, response: "\(error)"))
            return
        }
        let note = DeliveryNote(
            status: error.status,
            response:
                "{\"ErrorCode\":\"\(error.code)\",\"ErrorMessage\":\(JSONString.quoted(error.message)),\"sqsRequestId\":\"Unrecoverable\"}"
        )
        // What is not built will not be there later either.
        let isLasting = error.status == 501 || (error.status < 500 && error.status != 429)
        self = isLasting && !error.code.lowercased().contains("throttl") ? .refused(note) : .unavailable(note)
    }
}

/// What a target said, for the log.
struct DeliveryNote: Sendable, Hashable {
    var status: Int
    /// A JSON object, or a text.
    var response: String
    /// How long it took to answer, in milliseconds.
    var dwell = 0
}
