import Testing

@testable import FrontDoor

@Suite("Hosts and origins")
struct HostTests {
    private let rules = HostRules(additional: ["example.internal"])

    @Test(
        "known names are let in",
        arguments: [
            "localhost", "localhost:4566", "LOCALHOST.:4566", "127.0.0.1:4566", "[::1]:4566",
            "s3.localhost.localstack.cloud",
            "lambda.us-east-1.api.aws", "lambda.cn-north-1.amazonaws.com.cn",
            "lambda.us-east-1.amazonaws.com", "abc.lambda-url.us-east-1.on.aws", "bucket.s3.localhost:4566", "10.1.2.3",
            "example.internal", "x.example.internal", "stream-localhost:4566",
        ])
    func allowed(_ authority: String) throws {
        #expect(rules.allows(try #require(HostName(authority)), localAddress: "10.1.2.3"))
    }

    @Test(
        "others are not",
        arguments: [
            "evil.example", "evil-localhost", "stream-amazonaws.com", "localhost.evil.example", "notlocalhost",
            "10.1.2.4", "[::2]", "169.254.169.254",
            "amazonaws.com.evil.example",
        ])
    func refused(_ authority: String) throws {
        #expect(!rules.allows(try #require(HostName(authority)), localAddress: "10.1.2.3"))
    }

    @Test(
        "what is no authority",
        arguments: [
            "", ":80", "a b", "a..b", "user@host", "host:port", "host:99999", "[::1", "[::1]x", "host/path", "ä",
            "[zz]", ".localhost",
        ])
    func malformed(_ authority: String) {
        #expect(HostName(authority) == nil)
    }

    @Test("what names say")
    func routes() {
        func route(_ name: String) -> HostRoute {
            HostRoute(name: name, suffix: rules.suffix(of: name) ?? "")
        }
        func expected(_ change: (inout HostRoute) -> Void) -> HostRoute {
            var route = HostRoute()
            change(&route)
            return route
        }
        #expect(route("localhost") == HostRoute())
        #expect(
            route("lambda.us-east-1.amazonaws.com") == expected { ($0.service, $0.region) = ("lambda", "us-east-1") })
        #expect(route("iam.amazonaws.com") == expected { $0.service = "iam" })
        #expect(route("sqs.eu-west-1.localhost") == expected { ($0.service, $0.region) = ("sqs", "eu-west-1") })
        #expect(
            route("us-west-2.queue.amazonaws.com") == expected { ($0.service, $0.region) = ("sqs", "us-west-2") })
        #expect(route("queue.amazonaws.com") == expected { ($0.service, $0.region) = ("sqs", "us-east-1") })
        #expect(
            route("my.bucket.s3.us-west-2.amazonaws.com")
                == expected { ($0.service, $0.region, $0.bucket) = ("s3", "us-west-2", "my.bucket") })
        #expect(route("bucket.s3.localhost") == expected { ($0.service, $0.bucket) = ("s3", "bucket") })
        #expect(
            route("bucket.s3.dualstack.us-west-2.amazonaws.com")
                == expected { ($0.service, $0.region, $0.bucket) = ("s3", "us-west-2", "bucket") })
        #expect(
            route("b.s3-us-west-2.amazonaws.com")
                == expected { ($0.service, $0.region, $0.bucket) = ("s3", "us-west-2", "b") })
        #expect(
            route("abc.lambda-url.us-east-1.on.aws")
                == expected { ($0.service, $0.region, $0.functionURL) = ("lambda", "us-east-1", "abc") })
        #expect(
            route("stream-logs.us-east-1.amazonaws.com")
                == expected { ($0.service, $0.region, $0.prefix) = ("logs", "us-east-1", "stream") })
        #expect(
            route("streaming-logs.localhost") == expected { ($0.service, $0.prefix) = ("logs", "streaming") })
        #expect(route("streams.dynamodb.us-east-1.amazonaws.com").service == "streams.dynamodb")
        #expect(route("something.localhost") == HostRoute())
    }

    @Test("pages")
    func origins() {
        let rules = OriginRules(allowed: ["http://localhost:3000"])
        func verdict(_ origin: String?, _ site: String? = nil, unguessable: Bool = false) -> OriginRules.Verdict {
            rules.verdict(origin: origin, fetchSite: site, authority: "localhost:4566", unguessable: unguessable)
        }
        #expect(verdict(nil) == .own)
        #expect(verdict("http://localhost:4566") == .own)
        #expect(verdict("http://localhost:3000") == .allowed("http://localhost:3000"))
        #expect(verdict("http://localhost:3001") == .refused)
        #expect(verdict("https://evil.example") == .refused)
        #expect(verdict("null") == .refused)
        #expect(verdict(nil, "cross-site") == .refused)
        #expect(verdict(nil, "cross-site", unguessable: true) == .own)
        #expect(verdict(nil, "none") == .own)
    }
}
