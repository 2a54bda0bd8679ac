import ServiceKit
import Testing

struct PolicyTextTests {
    @Test func `statements are put in and taken out`() throws {
        var policy = PolicyText(id: "id")
        policy.allow("one", accounts: ["111111111111"], actions: ["sqs:*"], on: "arn")
        policy.allow("two", accounts: ["111111111111", "222222222222"], actions: ["sqs:A", "sqs:B"], on: "arn")
        #expect(
            policy.text == #"{"Version":"2008-10-17","Id":"id","Statement":["#
                + #"{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"sqs:*","Resource":"arn"},"#
                + #"{"Sid":"two","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:root","arn:aws:iam::222222222222:root"]},"#
                + #""Action":["sqs:A","sqs:B"],"Resource":"arn"}]}"#)
        #expect(try PolicyDocument(parsing: policy.text).statements.count == 2)
        #expect(policy.contains("one") && !policy.contains("three"))
        let (three, one) = (policy.remove("three"), policy.remove("one"))
        #expect(!three && one)
        #expect(policy.count == 1 && !policy.contains("one"))
    }

    @Test func `what is not touched stays as it was`() throws {
        let other = #"{"Statement":{"Sid":"x","Condition":{"NumericLessThan":{"a":1.50}}},"Other":[1e3]}"#
        var policy = try #require(PolicyText(other))
        #expect(policy.count == 1)
        policy.allow("y", accounts: ["111111111111"], actions: ["a"], on: "r")
        let isRemoved = policy.remove("y")
        #expect(isRemoved)
        #expect(policy.text == #"{"Statement":[{"Sid":"x","Condition":{"NumericLessThan":{"a":1.50}}}],"Other":[1e3]}"#)
    }

    @Test(arguments: ["", "[]", "1", "{"])
    func `what is no object is refused`(text: String) {
        #expect(PolicyText(text) == nil)
    }
}
