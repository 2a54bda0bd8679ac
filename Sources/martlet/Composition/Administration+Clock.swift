import Foundation
import FrontDoor
import ServiceKit
import ServiceModel

extension Administration {
    static let clockPath = "/_martlet/clock"

    /// `GET` reads the clock; `POST` takes `{"advance": seconds}`, `{"set": time}` or `{"resume": true}`.
    func addClock(to routes: inout AdminRoutes) {
        routes.add("GET", Self.clockPath, access: .anyone) { _ in try Self.answer(clock.reading) }
        routes.add("POST", Self.clockPath, access: .owner) { request in
            do {
                switch ClockRequest(request.body) {
                case .advance(let duration): return try Self.answer(try await clock.advance(by: duration))
                case .set(let time): return try Self.answer(try await clock.move(to: time))
                case .resume: return try Self.answer(try await clock.resume())
                case nil:
                    return .message(
                        #"Say {"advance": seconds}, {"set": "2026-01-31T00:00:00Z"} or {"resume": true}."#, status: 400)
                }
            } catch is PlatformClock.OutOfRange {
                return .message("The clock goes from 1970 to 9999.", status: 400)
            }
        }
    }

    private static func answer(_ reading: PlatformClock.Reading) throws -> AdminRoutes.Response {
        let body: [String: Any] = [
            "now": reading.now.rfc3339, "real": reading.real.rfc3339,
            "offset": Double(reading.now.milliseconds - reading.real.milliseconds) / 1000,
            "settled": reading.isSettled,
        ]
        return AdminRoutes.Response(
            body: Array(try JSONSerialization.data(withJSONObject: body, options: [.sortedKeys])))
    }
}

/// How the clock is to be moved.
enum ClockRequest: Equatable {
    case advance(Duration)
    case set(Timestamp)
    case resume

    /// - Returns: nil for what says no such thing, or more than one.
    init?(_ body: [UInt8]) {
        guard let object = try? JSONDecoder().decode([String: Value].self, from: Data(body)), object.count == 1 else {
            return nil
        }
        switch object.first {
        case ("advance", .number(let seconds))? where seconds >= 0 && seconds <= 1e12:
            self = .advance(.milliseconds(Int64(seconds * 1000)))
        case ("set", .text(let text))?:
            guard let time = Self.time(text) else { return nil }
            self = .set(time)
        case ("set", .number(let seconds))?: self = .set(Timestamp(seconds: seconds))
        case ("resume", .flag(true))?: self = .resume
        default: return nil
        }
    }

    /// Strictly what JSON says: `true` is not one second.
    private enum Value: Decodable {
        case flag(Bool), number(Double), text(String)

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let flag = try? value.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? value.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try value.decode(String.self))
            }
        }
    }

    /// A time as RFC 3339 writes it, with or without fractions of a second.
    static func time(_ text: String) -> Timestamp? {
        for options in [
            ISO8601DateFormatter.Options.withInternetDateTime, [.withInternetDateTime, .withFractionalSeconds],
        ] {
            let formatter = ISO8601DateFormatter()
            formatter.formatOptions = options
            if let date = formatter.date(from: text) { return Timestamp(seconds: date.timeIntervalSince1970) }
        }
        return nil
    }
}
