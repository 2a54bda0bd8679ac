import ArgumentParser
import Foundation
import FrontDoor
import NIOHTTP1

struct ClockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock", abstract: "Show the platform's clock, or move it.",
        discussion: """
            Due times, retries, retention and recorded timestamps go by this clock; what becomes due on the way happens in its order.
            Signatures, sockets and running timeouts keep real time.

            Examples:
              martlet clock                            what time it is
              martlet clock --advance 3m               two retries later
              martlet clock --set 2027-01-01T00:00:00Z
              martlet clock --resume                   real time again
            """)

    @Option(help: "Move the clock ahead: 90s, 3m, 12h, 7d.") var advance: String?
    @Option(help: "Move the clock to a time such as 2027-01-01T00:00:00Z.") var set: String?
    @Flag(help: "Go with real time again.") var resume = false
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        do {
            let body = try request()
            try Blocking.run {
                let client = try APIClient(connection)
                let response = try await client.send(
                    body == nil ? .GET : .POST, Administration.clockPath, service: AdminRoutes.signingName,
                    body: body ?? [])
                try show(response.body)
            }
        } catch {
            throw Failure.exit(error)
        }
    }

    private func request() throws -> [UInt8]? {
        guard [advance != nil, set != nil, resume].count(where: { $0 }) <= 1 else {
            throw SettingsError("Say one of --advance, --set and --resume.")
        }
        var object: [String: Any]?
        if let advance {
            guard let seconds = Self.seconds(advance) else {
                throw SettingsError("--advance takes a number and a unit, such as 90s, 3m, 12h or 7d.")
            }
            object = ["advance": seconds]
        }
        if let set {
            guard ClockRequest.time(set) != nil else {
                throw SettingsError("--set takes a time as RFC 3339 writes it, such as 2027-01-01T00:00:00Z.")
            }
            object = ["set": set]
        }
        if resume { object = ["resume": true] }
        return try object.map { Array(try JSONSerialization.data(withJSONObject: $0)) }
    }

    /// `90`, `90s`, `3m`, `12h`, `7d`.
    static func seconds(_ text: String) -> Double? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let unit = text.last.flatMap { units[$0] }
        let number = Double(unit == nil ? text : String(text.dropLast())).map { $0 * (unit ?? 1) }
        // What JSON can say, and ahead.
        return number.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    }

    private func show(_ body: [UInt8]) throws {
        let clock = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] ?? [:]
        let offset = clock["offset"] as? Double ?? 0
        print("\(clock["now"] ?? "?")" + (offset == 0 ? "" : " (real time: \(clock["real"] ?? "?"))"))
        if clock["settled"] as? Bool == false { print("Some of what is due is still under way.") }
    }
}
