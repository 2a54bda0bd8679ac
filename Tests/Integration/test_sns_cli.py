"""The aws CLI does all of it: every operation of SNS, called once with the CLI's own code."""

import json

import conformance
import pytest
from martlet import ACCOUNT, OTHER_ACCOUNT
from notified import Listener


@pytest.fixture
def aws_sns(martlet, aws_command):
    server = martlet("--ephemeral").start()
    run = aws_command(server, "sns")
    run.server = server
    return run


def test_every_operation(aws_sns):
    arn = aws_sns("create-topic", "--name", "t", "--tags", "Key=a,Value=b")["TopicArn"]
    topic = ["--topic-arn", arn]
    assert aws_sns("list-topics") == {"Topics": [{"TopicArn": arn}]}
    aws_sns("set-topic-attributes", *topic, "--attribute-name", "DisplayName", "--attribute-value", "d")
    assert aws_sns("get-topic-attributes", *topic)["Attributes"]["DisplayName"] == "d"
    aws_sns("add-permission", *topic, "--label", "l", "--aws-account-id", OTHER_ACCOUNT, "--action-name", "Publish")
    aws_sns("remove-permission", *topic, "--label", "l")
    resource = ["--resource-arn", arn]
    aws_sns("tag-resource", *resource, "--tags", "Key=c,Value=d")
    aws_sns("untag-resource", *resource, "--tag-keys", "a")
    assert aws_sns("list-tags-for-resource", *resource) == {"Tags": [{"Key": "c", "Value": "d"}]}
    policy = {
        "Name": "p", "Version": "2021-06-01",
        "Statement": [{"DataDirection": "Inbound", "Principal": ["*"], "DataIdentifier": ["x"], "Operation": {"Deny": {}}}],
    }  # fmt: skip
    aws_sns("put-data-protection-policy", *resource, "--data-protection-policy", json.dumps(policy))
    assert json.loads(aws_sns("get-data-protection-policy", *resource)["DataProtectionPolicy"]) == policy

    with Listener() as listener:
        aws_sns("subscribe", *topic, "--protocol", "http", "--notification-endpoint", listener.url)
        listener.wait(1)
        token = listener.documents()[0]["Token"]
        subscription = aws_sns("confirm-subscription", *topic, "--token", token)["SubscriptionArn"]
        assert [one["SubscriptionArn"] for one in aws_sns("list-subscriptions")["Subscriptions"]] == [subscription]
        assert len(aws_sns("list-subscriptions-by-topic", *topic)["Subscriptions"]) == 1
        named = ["--subscription-arn", subscription]
        aws_sns("set-subscription-attributes", *named, "--attribute-name", "RawMessageDelivery", "--attribute-value", "true")
        assert aws_sns("get-subscription-attributes", *named)["Attributes"]["RawMessageDelivery"] == "true"
        aws_sns("publish", *topic, "--message", "one")
        aws_sns("publish-batch", *topic, "--publish-batch-request-entries", "Id=1,Message=two")
        assert {body for _, _, body in listener.wait(3)[1:]} == {"one", "two"}
        aws_sns("unsubscribe", *named)
        listener.wait(4)

    application = aws_sns(
        "create-platform-application", "--name", "a", "--platform", "GCM", "--attributes", "PlatformPrincipal=p,PlatformCredential=c"
    )["PlatformApplicationArn"]
    app = ["--platform-application-arn", application]
    aws_sns("set-platform-application-attributes", *app, "--attributes", "Enabled=true")
    assert aws_sns("get-platform-application-attributes", *app)["Attributes"] == {"Enabled": "true"}
    assert len(aws_sns("list-platform-applications")["PlatformApplications"]) == 1
    endpoint = ["--endpoint-arn", aws_sns("create-platform-endpoint", *app, "--token", "t")["EndpointArn"]]
    aws_sns("set-endpoint-attributes", *endpoint, "--attributes", "CustomUserData=u")
    assert aws_sns("get-endpoint-attributes", *endpoint)["Attributes"]["CustomUserData"] == "u"
    assert len(aws_sns("list-endpoints-by-platform-application", *app)["Endpoints"]) == 1
    aws_sns("delete-endpoint", *endpoint)
    aws_sns("delete-platform-application", *app)

    aws_sns("set-sms-attributes", "--attributes", "DefaultSMSType=Transactional")
    assert aws_sns("get-sms-attributes") == {"attributes": {"DefaultSMSType": "Transactional"}}
    number = ["--phone-number", "+15551234567"]
    assert aws_sns("check-if-phone-number-is-opted-out", *number) == {"isOptedOut": False}
    aws_sns("opt-in-phone-number", *number)
    assert aws_sns("list-phone-numbers-opted-out") == {"phoneNumbers": []}
    assert aws_sns("list-origination-numbers") == {"PhoneNumbers": []}
    assert aws_sns("get-sms-sandbox-account-status") == {"IsInSandbox": False}
    aws_sns("create-sms-sandbox-phone-number", *number)
    (message,) = json.loads(aws_sns.server.get("/_martlet/sms")[2])["messages"]
    aws_sns("verify-sms-sandbox-phone-number", *number, "--one-time-password", message["Message"].split()[0])
    assert aws_sns("list-sms-sandbox-phone-numbers")["PhoneNumbers"] == [{"PhoneNumber": "+15551234567", "Status": "Verified"}]
    aws_sns("delete-sms-sandbox-phone-number", *number)

    aws_sns("delete-topic", *topic)
    assert arn.split(":")[4] == ACCOUNT
    missing = {conformance.snake(one).replace("_", "-") for one in conformance.implemented("sns")} - aws_sns.called
    assert missing == set()
