import NIOHPACK
import ServiceKit

/// Makes heads of answers in HTTP/2's form. No value that a service chose may be more than a value.
enum HTTP2ResponseHead {
    /// `length` is nil for streamed answers and those that have no body.
    static func make(
        status: Int, headers: [HTTPResponse.Header], length: Int?, date: String
    ) -> HPACKHeaders {
        var fields = HPACKHeaders()
        fields.reserveCapacity(headers.count + 3)
        fields.add(name: ":status", value: String((200...999).contains(status) ? status : 500))
        // Of no use to the next answer: not worth a place in the client's table.
        fields.add(name: "date", value: date, indexing: .nonIndexable)
        for header in headers {
            let name = header.name.lowercased()
            guard !isOurs(name), !name.isEmpty, name.utf8.allSatisfy(ResponseWriter.isToken) else { continue }
            fields.add(
                name: name, value: value(header.value),
                indexing: name.hasPrefix("x-amz") ? .nonIndexable : .indexable)
        }
        if let length { fields.add(name: "content-length", value: String(length), indexing: .nonIndexable) }
        return fields
    }

    /// What the connection decides about, and what HTTP/2 has not.
    private static func isOurs(_ name: String) -> Bool {
        switch name {
        case "date", "connection", "content-length", "transfer-encoding", "keep-alive", "proxy-connection", "upgrade":
            true
        default: false
        }
    }

    private static func value(_ text: String) -> String {
        let clean =
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            ? text
            : String(decoding: text.utf8.map { $0 >= 0x20 && $0 != 0x7F ? $0 : 0x20 }, as: UTF8.self)
        guard let first = clean.utf8.first, let last = clean.utf8.last, first == 0x20 || last == 0x20 else {
            return clean
        }
        return String(clean.trimmingSpaces)
    }
}
