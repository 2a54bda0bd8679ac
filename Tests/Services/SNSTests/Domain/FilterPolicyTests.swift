import ServiceKit
import ServiceModel
import Testing

@testable import SNS

/// What filter policies let through, and what is no filter policy, in AWS's words.
@Suite struct FilterPolicyTests {
    private func refusal(_ text: String, isBody: Bool = false) -> String? {
        do throws(AWSError) {
            try FilterPolicy.check(text, isBody: isBody, prefix: "Attributes Reason: ")
            return nil
        } catch {
            return error.message
        }
    }

    @Test(arguments: [
        (#"{"key":[["value"]]}"#, "Match value must be String, number, true, false, or null", 10),
        (#"{"key":[{"wrong-operator":true}]}"#, "Unrecognized match type wrong-operator", 31),
        (#"{"key":[{"suffix":"value","prefix":"value2"}]}"#, "Only one key allowed in match expression", 37),
        (#"{"key":[]}"#, "Empty arrays are not allowed", 10),
        (#"{"key":[{"suffix":100}]}"#, "suffix match pattern must be a string", 22),
        (#"{"key":[{"suffix":null}]}"#, "suffix match pattern must be a string", 23),
        (#"{"key":[{"suffix":[]}]}"#, "suffix match pattern must be a string", 20),
        (#"{"key":{"suffix":"value"}}"#, "\"suffix\" must be an object or an array", 19),
        (#"{"key":{"not-an-operator":"value"}}"#, "\"not-an-operator\" must be an object or an array", 28),
        (#"{"key":[{"cidr":["bad-filter"]}]}"#, "prefix match pattern must be a string", 18),
        (#"{"key":[{"numeric":[]}]}"#, "Invalid member in numeric match: ]", 22),
        (#"{"key":[{"numeric":["operator"]}]}"#, "Unrecognized numeric range operator: operator", 32),
        (#"{"key":[{"numeric":[1,"<="]}]}"#, "Invalid member in numeric match: 1", 22),
        (#"{"key":[{"numeric":["=","000"]}]}"#, "Value of equals must be numeric", 26),
        (#"{"key":[{"numeric":[">="]}]}"#, "Value of >= must be numeric", 26),
        (#"{"key":[{"numeric":["<",100,">",10]}]}"#, "Too many elements in numeric expression", 30),
        (#"{"key":[{"numeric":[">=",1,">",2]}]}"#, "Bad numeric range operator: >", 31),
        (#"{"key":[{"numeric":[">",3,"<",1]}]}"#, "Bottom must be less than top", 33),
        (#"{"key":[{"numeric":[">",20,"<="]}]}"#, "Value of <= must be numeric", 33),
        (#"{"key":[{"numeric":[">",20,30]}]}"#, "Bad value in numeric range: 30", 30),
        (#"{"key":[{"numeric":[">",20,"test"]}]}"#, "Bad numeric range operator: test", 34),
        (#"{"key":[{"numeric":[">",20,"<",30,"<",50]}]}"#, "Too many terms in numeric range expression", 36),
        (#"{"key":[{"exists":null}]}"#, "exists match pattern must be either true or false.", 23),
        (#"{"key":[{"exists":"no"}]}"#, "exists match pattern must be either true or false.", 20),
        (
            #"{"key":[{"anything-but":{"wrong-operator":null}}]}"#, "Unsupported anything-but pattern: wrong-operator",
            47
        ),
        (#"{"key":[{"anything-but":{"suffix":"test"}}]}"#, "Unsupported anything-but pattern: suffix", 36),
        (#"{"key":[{"anything-but":{"prefix":false}}]}"#, "prefix match pattern must be a string", 40),
        (#"{"key_a":"value_one"}"#, "\"key_a\" must be an object or an array", 11),
    ])
    func refusals(text: String, reason: String, column: Int) {
        let place = "\n at [Source: (String)\"\(text)\"; line: 1, column: \(column)]"
        #expect(refusal(text) == "Invalid parameter: Attributes Reason: FilterPolicy: \(reason)\(place)")
    }

    @Test(arguments: [
        (#"{"key":[{"cidr":"bad-filter"}]}"#, "Malformed CIDR, one '/' required"),
        (#"{"key":[{"cidr":"bad-filter/16"}]}"#, "Nonstandard IP address: bad-filter"),
        (#"{"key":[{"cidr":"bad-filter/a"}]}"#, "Malformed CIDR, mask bits must be an integer"),
        (
            #"{"a":["1"],"b":["1"],"c":["1"],"d":["1"],"e":["1"],"f":["1"]}"#,
            "Filter policy can not have more than 5 keys"
        ),
        (
            #"{"a":[1,2,3,4,5,6,7,8,9,10,11,12,13],"b":[1,2,3,4,5,6,7,8,9,10,11,12]}"#,
            "Filter policy is too complex"
        ),
        (
            "{invalid}",
            "failed to parse JSON. Unexpected character ('i' (code 105)): was expecting double-quote to start field name\n "
                + "at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]"
        ),
        (
            "invalid",
            "failed to parse JSON. Unrecognized token 'invalid': was expecting (JSON String, Number, Array, Object or token "
                + "'null', 'true' or 'false')\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` "
                + "disabled); line: 1, column: 8]"
        ),
    ])
    func refusalsWithoutAPlace(text: String, reason: String) {
        #expect(refusal(text) == "Invalid parameter: Attributes Reason: FilterPolicy: \(reason)")
    }

    @Test func nestingIsForBodies() {
        let nested = #"{"object":{"key":[{"prefix":"auto-"}]}}"#
        #expect(
            refusal(nested)
                == "Invalid parameter: Attributes Reason: Filter policy scope MessageAttributes does not support nested filter policy"
        )
        #expect(refusal(nested, isBody: true) == nil)
    }

    /// Values count as often as they are deep.
    @Test func nestedValuesAreMultipliedByTheirDepth() {
        let fits = #"{"a":{"b":{"c":["1","2","3","4"]}},"d":{"e":["1","2","3"]},"f":["1"]}"#
        #expect(refusal(fits, isBody: true) == nil)
        let doesNot = #"{"a":{"b":{"c":["1","2","3","4"]}},"d":{"e":["1","2","3"]},"f":["1","2","3"]}"#
        #expect(refusal(doesNot, isBody: true)?.hasSuffix("Filter policy is too complex") == true)
    }

    private func message(_ body: String = "", _ attributes: [MessageAttribute] = []) -> PublishedMessage {
        PublishedMessage(
            id: "1", topic: TopicKey(account: "1", region: "r", name: "n"), body: body, attributes: attributes,
            published: Timestamp(milliseconds: 0), origin: "")
    }

    @Test(arguments: [
        (#"{"k":["a"]}"#, "String", "a", true),
        (#"{"k":["a"]}"#, "String", "b", false),
        (#"{"k":[1]}"#, "Number", "1.0", true),
        (#"{"k":[1]}"#, "String", "1", false),
        (#"{"k":["1"]}"#, "Number", "1", false),
        (#"{"k":["x"]}"#, "String.Array", #"["x",1,true,null]"#, true),
        (#"{"k":[true]}"#, "String.Array", #"["x",1,true,null]"#, true),
        (#"{"k":["x"]}"#, "String.Array", "no array", false),
        (#"{"k":["x"]}"#, "String.Array", "[]", false),
        (#"{"k":[{"exists":true}]}"#, "String", "", true),
        (#"{"other":[{"exists":false}]}"#, "String", "a", true),
        (#"{"k":[null]}"#, "String", "a", false),
        (#"{"other":[null]}"#, "String", "a", true),
        (#"{"k":[{"anything-but":["a","b"]}]}"#, "String", "c", true),
        (#"{"k":[{"anything-but":["a","b"]}]}"#, "String", "a", false),
        (#"{"k":[{"equals-ignore-case":"AbC"}]}"#, "String", "aBc", true),
        (#"{"k":[{"cidr":"2001:db8::/32"}]}"#, "String", "2001:db8::1", true),
        (#"{"k":[{"numeric":["<",0]},{"numeric":[">",10]}]}"#, "Number", "-1", true),
    ])
    func attributes(policy: String, type: String, value: String, passes: Bool) {
        let message = message("", [MessageAttribute(name: "k", type: type, text: value)])
        #expect(FilterPolicy(policy, isBody: false).passes(FilteredMessage(message)) == passes)
    }

    @Test(arguments: [
        (#"{"object.nested":["v"]}"#, #"{"object":{"nested":"v"}}"#, true),
        (#"{"object":{"nested":["v"]}}"#, #"{"object.nested":"v"}"#, true),
        (#"{"a":[{"exists":true}]}"#, #"{"a":null}"#, true),
        (#"{"a":[{"exists":true}]}"#, #"{"a":[]}"#, false),
        (#"{"a":[null]}"#, #"{"b":1}"#, false),
        (
            #"{"Records":{"s3":{"key":[{"prefix":"x"}]}}}"#, #"{"Records":[{"s3":{"key":"y"}},{"s3":{"key":"xy"}}]}"#,
            true
        ),
        (#"{"a":["v"]}"#, "not JSON", false),
        (#"{"a":["v"]}"#, #"["v"]"#, false),
        (#"{"$or":[{"a":["1"]},{"b":["2"]}],"c":["3"]}"#, #"{"b":"2","c":"3"}"#, true),
        (#"{"$or":[{"a":["1"]},{"b":["2"]}],"c":["3"]}"#, #"{"a":"1"}"#, false),
    ])
    func bodies(policy: String, body: String, passes: Bool) {
        #expect(FilterPolicy(policy, isBody: true).passes(FilteredMessage(message(body))) == passes)
    }
}
