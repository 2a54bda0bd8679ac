import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import Logs

@Suite struct GroupTests {
    @Test(arguments: TestDatabase.engines)
    func isShownAsOnAWS(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("/aws/lambda/f")
            let response = try await fixture.service.describeLogGroups(
                DescribeLogGroupsRequest(logGroupNamePattern: "lambda"), fixture.call())
            let arn = "arn:aws:logs:us-east-1:111111111111:log-group:/aws/lambda/f"
            #expect(
                response.logGroups == [
                    LogGroup(
                        logGroupName: "/aws/lambda/f", creationTime: LogsFixture.start, metricFilterCount: 0,
                        arn: arn + ":*",
                        logGroupClass: "STANDARD", logGroupArn: arn)
                ])
            #expect(response.nextToken == nil)
            let byPrefix = try await fixture.service.describeLogGroups(
                DescribeLogGroupsRequest(logGroupNamePrefix: "/aws"), fixture.call())
            #expect(byPrefix.logGroups?.first?.storedBytes == 0)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func errorsAreThoseOfAWS(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            let (service, call) = (fixture.service, fixture.call("CreateLogGroup"))
            try await fixture.createGroup("g")
            #expect(
                await failure { try await fixture.createGroup("g") }
                    == "ResourceAlreadyExistsException: The specified log group already exists")
            let missing = "ResourceNotFoundException: The specified log group does not exist."
            #expect(await failure { try await service.deleteLogGroup(.init(logGroupName: "x"), call) } == missing)
            #expect(await failure { try await fixture.createStream("x", "s") } == missing)
            #expect(
                await failure {
                    try await service.putRetentionPolicy(.init(logGroupName: "x", retentionInDays: 1), call)
                } == missing)
            #expect(
                await failure {
                    _ = try await service.describeLogGroups(
                        .init(logGroupNamePrefix: "a", logGroupNamePattern: "b"), call)
                }
                    == "InvalidParameterException: LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
            )
            #expect(
                await failure { try await service.createLogGroup(.init(logGroupName: "k", kmsKeyId: "arn:x"), call) }
                    == "NotImplemented: The parameter kmsKeyId of logs:CreateLogGroup is not implemented by Martlet.")
            #expect(
                await failure { _ = try await service.describeLogGroups(.init(nextToken: "x"), call) }
                    == "InvalidParameterException: The specified nextToken is invalid.")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func pagesInTheOrderOfNames(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            for index in 0..<25 { try await fixture.createGroup("group-\(String(UnicodeScalar(UInt8(97 + index))))") }
            try await fixture.createGroup("group-A")
            try await fixture.createGroup("other", account: "222222222222")
            var names: [String] = []
            var token: String?
            var pages = 0
            repeat {
                let page = try await fixture.service.describeLogGroups(
                    DescribeLogGroupsRequest(logGroupNamePrefix: "group-", nextToken: token, limit: 10), fixture.call())
                names += page.logGroups?.compactMap(\.logGroupName) ?? []
                token = page.nextToken
                pages += 1
            } while token != nil
            #expect(pages == 3)
            #expect(names == names.sorted())
            #expect(names.count == 26)
            let exact = try await fixture.service.describeLogGroups(DescribeLogGroupsRequest(limit: 26), fixture.call())
            #expect(exact.nextToken == nil)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func listsByPattern(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            for name in ["/aws/lambda/a", "/aws/api/b", "discovery-x", "x/aws/lambda"] {
                try await fixture.createGroup(name)
            }
            func names(_ pattern: String?) async throws -> [String] {
                try await fixture.service.listLogGroups(
                    ListLogGroupsRequest(logGroupNamePattern: pattern), fixture.call()
                )
                .logGroups?.compactMap(\.logGroupName) ?? []
            }
            #expect(try await names("^/aws/lambda|discovery") == ["/aws/lambda/a", "discovery-x"])
            #expect(try await names("lambda") == ["/aws/lambda/a", "x/aws/lambda"])
            #expect(try await names(nil).count == 4)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func keepsTags(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            let (service, call) = (fixture.service, fixture.call())
            try await service.createLogGroup(.init(logGroupName: "g", tags: ["env": "testing"]), call)
            #expect(try await service.listTagsLogGroup(.init(logGroupName: "g"), call).tags == ["env": "testing"])
            let arn = "arn:aws:logs:us-east-1:111111111111:log-group:g"
            try await service.tagResource(.init(resourceArn: arn, tags: ["a": "1", "env": "x"]), call)
            try await service.tagLogGroup(.init(logGroupName: "g", tags: ["b": ""]), call)
            #expect(
                try await service.listTagsForResource(.init(resourceArn: arn), call).tags == [
                    "a": "1", "b": "", "env": "x",
                ])
            try await service.untagResource(.init(resourceArn: arn, tagKeys: ["a", "nothing"]), call)
            try await service.untagLogGroup(.init(logGroupName: "g", tags: ["b"]), call)
            #expect(try await service.listTagsForResource(.init(resourceArn: arn), call).tags == ["env": "x"])
            #expect(
                await failure { _ = try await service.listTagsForResource(.init(resourceArn: arn + "x"), call) }
                    == "ResourceNotFoundException: The specified resource does not exist.")
            let many = Dictionary(uniqueKeysWithValues: (0..<50).map { ("k\($0)", "v") })
            #expect(
                await failure { try await service.tagResource(.init(resourceArn: arn, tags: many), call) }?.hasPrefix(
                    "TooManyTags") == true)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func retentionHidesAtOnceAndFreesLater(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            try await fixture.put("g", "s", [(-1000, "old"), (0, "now")])
            #expect(
                await failure {
                    try await fixture.service.putRetentionPolicy(
                        .init(logGroupName: "g", retentionInDays: 2), fixture.call())
                }
                    == "InvalidParameterException: Invalid retention value. Valid values are: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, "
                    + "365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]")
            try await fixture.service.putRetentionPolicy(.init(logGroupName: "g", retentionInDays: 1), fixture.call())
            fixture.time.advance(by: .seconds(86_400))
            #expect(try await fixture.messages("g", "s") == ["now"])
            fixture.time.advance(by: .milliseconds(1))
            #expect(try await fixture.messages("g", "s") == [])
            await fixture.service.flush()
            #expect(fixture.service.events.files.list().count == 1)
            try await fixture.service.events.clean()
            #expect(fixture.service.events.files.list().isEmpty)
            let group = try await fixture.service.describeLogGroups(.init(), fixture.call()).logGroups?.first
            #expect(group?.storedBytes == 0)
            #expect(group?.retentionInDays == 1)
            try await fixture.service.deleteRetentionPolicy(.init(logGroupName: "g"), fixture.call())
            #expect(
                try await fixture.service.describeLogGroups(.init(), fixture.call()).logGroups?.first?.retentionInDays
                    == nil)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func deletingFreesSpaceAndKeepsOthers(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            for group in ["a", "b"] {
                try await fixture.createGroup(group)
                try await fixture.createStream(group, "s")
                try await fixture.put(group, "s", [(0, group)])
            }
            try await fixture.service.deleteLogGroup(.init(logGroupName: "a"), fixture.call())
            #expect(await failure { _ = try await fixture.messages("a", "s") } != nil)
            try await fixture.createGroup("a")
            try await fixture.createStream("a", "s")
            #expect(try await fixture.messages("a", "s") == [])
            #expect(try await fixture.messages("b", "s") == ["b"])
            await fixture.service.flush()
            #expect(try await fixture.messages("b", "s") == ["b"])
            try await fixture.service.deleteLogGroup(.init(logGroupName: "b"), fixture.call())
            try await fixture.service.events.clean()
            #expect(fixture.service.events.files.list().isEmpty)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func resetForgetsEverything(engine: SQLEngine) async throws {
        try await LogsFixture.with(engine) { fixture in
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            try await fixture.put("g", "s", [(0, "x")])
            let writer = fixture.service.writer(fixture.address("g", "t"))
            await writer.append([fixture.event(0, "line")])
            // One is on its way to the disk meanwhile.
            async let flush: Void = fixture.service.sink.settle()
            await fixture.service.willReset()
            try await fixture.database.eraseAll()
            try await fixture.service.reset()
            await flush
            // An environment that ends late still has something to say.
            await writer.append([fixture.event(1, "late")])
            #expect(writer.offer([fixture.event(2, "later")]))
            await fixture.service.sink.settle()
            #expect(try await fixture.service.describeLogGroups(.init(), fixture.call()).logGroups == [])
            #expect(fixture.service.events.files.list().isEmpty)
            try await fixture.createGroup("g")
            try await fixture.createStream("g", "s")
            try await fixture.put("g", "s", [(0, "again")])
            #expect(try await fixture.messages("g", "s") == ["again"])
        }
    }
}
