import Testing

@testable import Logs

@Suite struct EventPositionTests {
    @Test(arguments: [
        EventPosition(timestamp: 1_650_464_349_794, sequence: 1), EventPosition(timestamp: 0, sequence: 0),
        EventPosition(timestamp: 1_767_225_600_000, sequence: .max),
        EventPosition(timestamp: 4_000_000_000_000, sequence: 1 << 61),
        EventPosition(timestamp: .max, sequence: .max), EventPosition(timestamp: 1, sequence: 42),
    ])
    func survivesItsDecimalForm(_ position: EventPosition) {
        #expect(EventPosition(decimal: position.decimal) == position)
    }

    /// AWS's ids of that time begin with the same digits.
    @Test func looksLikeAWS() {
        let id = EventPosition(timestamp: 1_650_464_349_794, sequence: 0).decimal
        #expect(id.count == 56)
        #expect(id.hasPrefix("3680658"))
    }

    @Test func ordersLikeItsDecimalForm() {
        let positions = [
            EventPosition(timestamp: 1_767_225_600_000, sequence: 5),
            EventPosition(timestamp: 1_767_225_600_000, sequence: 6),
            EventPosition(timestamp: 1_767_225_600_001, sequence: 0),
        ]
        #expect(positions.map(\.decimal).sorted() == positions.map(\.decimal))
        #expect(positions.sorted() == positions)
    }

    @Test(arguments: [
        "", "f", "12", String(repeating: "9", count: 56), String(repeating: "9", count: 80),
        String(repeating: "x", count: 56),
    ])
    func refusesOthers(_ text: String) {
        #expect(EventPosition(decimal: text) == nil)
    }

    @Test(arguments: [
        "", "f/1/s", "x/00000000000000000000000000000000000000000000000000000000/s", "f/00/s/s", "invalid",
    ])
    func refusesTokens(_ token: String) {
        #expect(PositionToken.parse(token) == nil)
    }
}
