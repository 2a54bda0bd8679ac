import Testing

@testable import Outbound

/// URLs, and the users in them.
struct OutgoingPlaceTests {
    @Test func aUserIsSentAsAField() throws {
        let place = try #require(OutgoingPlace("https://me:p%40ss:w@host.example:8443/a?b=c@d"))
        #expect(place.url == "https://host.example:8443/a?b=c@d")
        #expect(place.host == "host.example")
        #expect(place.port == 8443)
        // me:p@ss:w
        #expect(place.authorization == "Basic bWU6cEBzczp3")
    }

    @Test(arguments: [
        ("http://host/", "host", 80), ("https://host", "host", 443), ("http://[::1]:81/a", "::1", 81),
        ("http://1.2.3.4/@", "1.2.3.4", 80),
    ])
    func withoutAUserThereIsNone(url: String, host: String, port: Int) throws {
        let place = try #require(OutgoingPlace(url))
        #expect(place == OutgoingPlace(url))
        #expect(place.url == url)
        #expect(place.host == host)
        #expect(place.port == port)
        #expect(place.authorization == nil)
    }

    @Test(arguments: ["", "host", "ftp://host/", "http://", "http:///a", "unix:///tmp/socket", "http+unix://%2Ftmp/"])
    func otherTextIsNone(url: String) { #expect(OutgoingPlace(url) == nil) }
}
