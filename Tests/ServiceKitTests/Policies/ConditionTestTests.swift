import ServiceKit
import Testing

@testable import ServiceKit

/// Operators of conditions, by the table of the IAM reference.
@Suite struct ConditionTestTests {
    private func holds(_ name: String, _ values: [String], _ actual: [String]?) throws -> Bool {
        let `operator` = try #require(PolicyCondition.Operator(name))
        return ConditionTest.holds(PolicyCondition(`operator`, key: "x:key", values: values), actual: actual)
    }

    @Test(arguments: [
        ("StringEquals", "a*", "a*", true), ("StringEquals", "a*", "ab", false),
        ("StringEqualsIgnoreCase", "AB", "ab", true), ("StringNotEqualsIgnoreCase", "AB", "ab", false),
        ("StringLike", "a?c*", "abcd", true), ("StringLike", "a?c", "ac", false), ("StringNotLike", "a*", "b", true),
        ("NumericEquals", "10", "10.0", true), ("NumericNotEquals", "10", "11", true),
        ("NumericLessThan", "10", "9", true), ("NumericLessThan", "10", "10", false),
        ("NumericLessThanEquals", "10", "10", true), ("NumericGreaterThan", "9", "10", true),
        ("NumericGreaterThanEquals", "11", "10", false), ("NumericLessThan", "x", "1", false),
        ("NumericGreaterThan", "1.15", "1.2", true),
        ("DateLessThan", "2026-02-03T00:00:00Z", "2026-02-02T23:59:59.999Z", true),
        ("DateLessThan", "2026-02-03", "2026-02-03T00:00:00Z", false),
        ("DateGreaterThanEquals", "2026-02-03T01:00:00+01:00", "2026-02-03T00:00:00Z", true),
        ("DateEquals", "1770076800", "2026-02-03T00:00:00.000Z", true), ("DateLessThan", "soon", "2026-02-03", false),
        ("DateNotEquals", "2026-02-03", "2026-02-04", true), ("DateLessThanEquals", "2026-02", "2026-02-01", true),
        ("DateGreaterThan", "2026-13-01", "2026-02-01", false),
        ("Bool", "true", "True", true), ("Bool", "false", "true", false),
        ("BinaryEquals", "QUI=", "QUI=", true), ("BinaryEquals", "QUI=", "QUM=", false),
        ("IpAddress", "203.0.113.0/24", "203.0.113.77", true), ("IpAddress", "203.0.113.0/24", "203.0.114.1", false),
        ("IpAddress", "203.0.113.7", "203.0.113.7", true), ("NotIpAddress", "203.0.113.0/24", "203.0.113.77", false),
        ("NotIpAddress", "203.0.113.0/24", "10.0.0.1", true), ("IpAddress", "2001:db8::/32", "2001:db8::1", true),
        ("IpAddress", "0.0.0.0/0", "::1", false), ("IpAddress", "nonsense", "10.0.0.1", false),
        ("ArnEquals", "arn:aws:sns:*:123456789012:t*", "arn:aws:sns:us-east-1:123456789012:topic", true),
        ("ArnLike", "arn:aws:sns:*:t", "arn:aws:sns:us-east-1:123456789012:t", false),
        ("ArnLike", "*", "arn:aws:sns:us-east-1:123456789012:t", true),
        ("ArnLike", "arn:aws:s3:::b", "arn:aws:s3:::b", true),
        ("ArnNotEquals", "arn:aws:s3:::b", "arn:aws:s3:::c", true),
        ("ArnNotLike", "arn:aws:s3:::*", "arn:aws:s3:::c", false),
    ])
    func operatorsCompare(name: String, value: String, actual: String, isMet: Bool) throws {
        #expect(try holds(name, [value], [actual]) == isMet)
    }

    @Test(arguments: [
        "StringEquals", "StringLike", "NumericEquals", "DateLessThan", "Bool", "BinaryEquals", "IpAddress", "ArnLike",
    ])
    func withoutTheKeyNothingIsLikeIt(name: String) throws {
        #expect(try !holds(name, ["1"], nil))
        #expect(try holds(name + "IfExists", ["1"], nil))
        #expect(try !holds("ForAnyValue:" + name, ["1"], nil))
        #expect(try holds("ForAllValues:" + name, ["1"], nil))
        #expect(try !holds(name, [], ["1"]))
    }

    @Test(arguments: [
        "StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "NumericNotEquals", "DateNotEquals",
        "NotIpAddress", "ArnNotEquals", "ArnNotLike",
    ])
    func withoutTheKeyItDiffers(name: String) throws {
        #expect(try holds(name, ["1"], nil))
        #expect(try holds(name + "IfExists", ["1"], nil))
        #expect(try !holds("ForAnyValue:" + name, ["1"], nil))
    }

    @Test func oneOfManyValuesIsEnoughAndNoneOfThemToDiffer() throws {
        #expect(try holds("StringEquals", ["a", "b"], ["b"]))
        #expect(try !holds("StringNotEquals", ["a", "b"], ["b"]))
        #expect(try holds("StringNotEquals", ["a", "b"], ["c"]))
        #expect(try !holds("NotIpAddress", ["10.0.0.0/8", "192.168.0.0/16"], ["192.168.1.1"]))
    }

    @Test(arguments: [
        ("ForAllValues:StringEquals", ["a", "b"], true), ("ForAllValues:StringEquals", ["a", "c"], false),
        ("ForAnyValue:StringEquals", ["a", "c"], true), ("ForAnyValue:StringEquals", ["c", "d"], false),
        ("ForAllValues:StringNotEquals", ["c", "d"], true), ("ForAllValues:StringNotEquals", ["a", "d"], false),
        ("ForAnyValue:StringNotEquals", ["a", "d"], true), ("ForAnyValue:StringNotEquals", ["a", "b"], false),
        ("ForAllValues:StringLike", ["ab", "b"], false), ("ForAnyValue:StringLikeIfExists", ["b"], true),
    ])
    func setsAreCompared(name: String, actual: [String], isMet: Bool) throws {
        #expect(try holds(name, ["a", "b"], actual) == isMet)
    }

    @Test func nullAsksWhetherTheKeyIsThere() throws {
        #expect(try holds("Null", ["true"], nil))
        #expect(try !holds("Null", ["false"], nil))
        #expect(try holds("Null", ["false"], ["x"]))
        #expect(try !holds("Null", ["TRUE"], ["x"]))
    }

    @Test(arguments: [
        ("home/${aws:username}/*", "home/alice/x", true), ("home/${aws:username}/*", "home/bob/x", false),
        ("${ aws:username }", "alice", true), ("${aws:none, 'all'}", "all", true), ("${aws:none,'all'}", "x", false),
        ("${aws:none}", "", false), ("a${*}b", "a*b", true), ("a${*}b", "axb", false), ("${$}{x}", "${x}", true),
        ("${x:star}", "**", true), ("${x:star}", "abc", false), ("${aws:username", "alice", false),
    ])
    func variablesHaveValues(pattern: String, text: String, isMatch: Bool) {
        let values = ["aws:username": "alice", "x:star": "**"]
        #expect((PolicyVariables.resolve(pattern) { values[$0] }?.matches(text) ?? false) == isMatch)
    }

    @Test(arguments: [
        ("IpAddress", "10.0.0.0/33", false), ("IpAddress", "10.0.0.0/8", true), ("NumericEquals", "x", false),
        ("DateLessThan", "2026-02-03T04:05:06Z", true), ("DateLessThan", "x", false), ("Bool", "maybe", false),
        ("Bool", "${aws:x}", true), ("StringLike", "anything", true),
    ])
    func someValuesNeedAForm(name: String, value: String, isGood: Bool) throws {
        let `operator` = try #require(PolicyCondition.Operator(name))
        #expect(PolicyCondition(`operator`, key: "x:key", values: [value]).malformedValue == (isGood ? nil : value))
    }
}
