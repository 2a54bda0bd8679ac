"""SNS from end to end: topics, subscriptions, and messages on their way to functions and web servers."""

import json
import urllib.parse

import pytest
from martlet import ACCOUNT, ONCE, OTHER_ACCOUNT, REGION, error, wait_until
from notified import Listener, confirmed, fetch, verify
from queued import NOTE, clock, make_notes, notes

ECHO = NOTE + "def handler(event, context): note(json.dumps(event))"


@pytest.fixture
def sns(server):
    return server.client("sns", config=ONCE)


@pytest.fixture
def topic(sns, name):
    return sns.create_topic(Name=name)["TopicArn"]


def function_for(server, topic, name):
    """A function that notes its events, and that the topic may invoke."""
    make_notes(server)
    api = server.deploy(name, {"app.py": ECHO})
    api.add_permission(
        FunctionName=name, StatementId="sns", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com", SourceArn=topic
    )
    return "arn:aws:lambda:%s:%s:function:%s" % (REGION, ACCOUNT, name)


def test_a_message_invokes_a_function(martlet):
    server = martlet("--ephemeral").start()
    sns = server.client("sns", config=ONCE)
    topic = sns.create_topic(Name="t")["TopicArn"]
    function = function_for(server, topic, "f")
    subscription = sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)["SubscriptionArn"]
    published = sns.publish(
        TopicArn=topic, Message="hello", Subject="a subject",
        MessageAttributes={"n": {"DataType": "Number", "StringValue": "1"}, "b": {"DataType": "Binary", "BinaryValue": b"\x00\x01"}},
    )  # fmt: skip
    event = json.loads(wait_until(lambda: notes(server))[0])
    (record,) = event["Records"]
    assert record["EventSource"] == "aws:sns" and record["EventVersion"] == "1.0" and record["EventSubscriptionArn"] == subscription
    message = record["Sns"]
    assert message["MessageId"] == published["MessageId"] and message["TopicArn"] == topic and message["Message"] == "hello"
    assert message["Subject"] == "a subject" and message["Type"] == "Notification"
    assert message["MessageAttributes"] == {"n": {"Type": "Number", "Value": "1"}, "b": {"Type": "Binary", "Value": "AAE="}}
    verify(message)
    assert message["UnsubscribeUrl"].endswith("/?Action=Unsubscribe&SubscriptionArn=" + subscription)


def test_an_endpoint_confirms_and_is_notified(sns, topic, server):
    with Listener() as listener:
        answer = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=listener.url)
        assert answer["SubscriptionArn"] == "pending confirmation"
        assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"] == "PendingConfirmation"
        sns.publish(TopicArn=topic, Message="too early")
        ((_, headers, body),) = listener.wait(1)
        asked = json.loads(body)
        assert asked["Type"] == "SubscriptionConfirmation" and asked["TopicArn"] == topic
        assert headers["x-amz-sns-message-type"] == "SubscriptionConfirmation" and headers["x-amz-sns-message-id"] == asked["MessageId"]
        assert headers["Content-Type"] == "text/plain; charset=UTF-8" and headers["User-Agent"] == "Amazon Simple Notification Service Agent"
        assert verify(asked) == 2048
        # Whoever reads what the endpoint gets follows the link.
        assert b"ConfirmSubscriptionResult" in fetch(asked["SubscribeURL"])
        listener.posts.clear()
        published = sns.publish(TopicArn=topic, Message="hello", Subject="s")
        ((_, headers, body),) = listener.wait(1)
        document = json.loads(body)
        assert document["Message"] == "hello" and document["Subject"] == "s" and document["MessageId"] == published["MessageId"]
        assert verify(document) == 2048
        arn = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"]
        assert headers["x-amz-sns-subscription-arn"] == arn and headers["x-amz-sns-message-type"] == "Notification"
        listener.posts.clear()
        assert b"UnsubscribeResponse" in fetch(document["UnsubscribeURL"])
        ((_, headers, body),) = listener.wait(1)
        ended = json.loads(body)
        assert ended["Type"] == "UnsubscribeConfirmation" and ended["Message"].startswith("You have chosen to deactivate subscription " + arn)
        verify(ended)
        assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
        # A change of mind.
        fetch(ended["SubscribeURL"])
        listener.posts.clear()
        sns.publish(TopicArn=topic, Message="again")
        assert json.loads(listener.wait(1)[0][2])["Message"] == "again"


def test_raw_messages_and_signatures_of_version_2(sns, topic):
    sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue="2")
    with Listener() as raw, Listener() as wrapped:
        confirmed(sns, topic, raw, RawMessageDelivery="true")
        confirmed(sns, topic, wrapped)
        sns.publish(TopicArn=topic, Message='{"default": "d", "http": "ü"}', MessageStructure="json")
        (_, headers, body) = raw.wait(1)[0]
        assert body == "ü" and headers["x-amz-sns-rawdelivery"] == "true"
        document = json.loads(wrapped.wait(1)[0][2])
        assert document["SignatureVersion"] == "2" and document["Message"] == "ü"
        verify(document)


@pytest.mark.parametrize(
    "scope,policy,passing,others",
    [
        ("MessageAttributes", {"kind": ["a", {"prefix": "b"}]}, [{"kind": "a"}, {"kind": "bcd"}], [{"kind": "c"}, {}]),
        ("MessageAttributes", {"n": [{"numeric": [">", 0, "<=", 100]}]}, [{"n": 1}, {"n": 100}], [{"n": 0}, {"n": "1"}]),
        ("MessageAttributes", {"kind": [{"exists": False}]}, [{}], [{"kind": "a"}]),
        ("MessageAttributes", {"l": ["x"]}, [{"l": ["x", "y"]}], [{"l": ["y"]}]),
        ("MessageAttributes", {"k": [{"anything-but": {"prefix": "a"}}]}, [{"k": "b"}], [{"k": "ab"}, {}]),
        ("MessageAttributes", {"$or": [{"a": ["1"]}, {"b": ["1"]}]}, [{"a": "1"}, {"b": "1"}], [{"a": "2"}]),
        ("MessageAttributes", {"ip": [{"cidr": "10.0.0.0/24"}]}, [{"ip": "10.0.0.7"}], [{"ip": "10.0.1.7"}]),
        ("MessageBody", {"object": {"key": [{"suffix": ".jpg"}]}}, ['{"object": {"key": "a.jpg"}}'], ['{"object": {"key": "a"}}', "no JSON"]),
        ("MessageBody", {"k": [{"equals-ignore-case": "Ab"}]}, ['{"k": "aB"}', '{"k": ["x", "AB"]}'], ['{"k": "b"}', '["aB"]']),
    ],
)  # fmt: skip
def test_filters(sns, topic, scope, policy, passing, others):
    def publish(message, number):
        if isinstance(message, str):
            return sns.publish(TopicArn=topic, Message=message)["MessageId"]
        attributes = {
            key: {"DataType": "Number", "StringValue": str(value)} if isinstance(value, int)
            else {"DataType": "String.Array", "StringValue": json.dumps(value)} if isinstance(value, list)
            else {"DataType": "String", "StringValue": value}
            for key, value in message.items()
        }  # fmt: skip
        return sns.publish(TopicArn=topic, Message=str(number), MessageAttributes=attributes)["MessageId"]

    with Listener() as listener:
        confirmed(sns, topic, listener, FilterPolicyScope=scope, FilterPolicy=json.dumps(policy))
        for number, message in enumerate(others):
            publish(message, number)
        wanted = {publish(message, number) for number, message in enumerate(passing)}
        listener.wait(len(wanted))
        assert {document["MessageId"] for document in listener.documents()} == wanted


def test_retries_by_the_clock_and_then_the_policy_is_exhausted(martlet):
    server = martlet("--ephemeral").start()
    sns = server.client("sns", config=ONCE)
    topic = sns.create_topic(Name="t")["TopicArn"]
    with Listener([200, 500]) as listener:
        policy = {"healthyRetryPolicy": {"numRetries": 3, "numNoDelayRetries": 1, "minDelayTarget": 5, "maxDelayTarget": 60}}
        confirmed(sns, topic, listener, DeliveryPolicy=json.dumps(policy))
        sns.publish(TopicArn=topic, Message="hello")
        listener.wait(2)
        clock(server, advance=6)
        assert len(listener.posts) == 3
        clock(server, advance=50)
        assert len(listener.posts) == 3
        clock(server, advance=15)
        assert len(listener.posts) == 4
        clock(server, advance=86_400)
        assert len(listener.posts) == 4


@pytest.mark.parametrize("status,attempts", [(204, 1), (302, 1), (404, 1), (429, 4), (503, 4)])
def test_what_is_tried_again(martlet, status, attempts):
    server = martlet("--ephemeral").start()
    sns = server.client("sns", config=ONCE)
    topic = sns.create_topic(Name="t")["TopicArn"]
    with Listener([200, status]) as listener:
        confirmed(sns, topic, listener)
        sns.publish(TopicArn=topic, Message="hello")
        listener.wait(1)
        clock(server, advance=3600)
        assert len(listener.posts) == attempts


def test_messages_survive_a_crash(martlet):
    server = martlet().start()
    sns = server.client("sns", config=ONCE)
    topic = sns.create_topic(Name="t")["TopicArn"]
    with Listener([200, 500]) as listener:
        confirmed(sns, topic, listener)
        published = {sns.publish(TopicArn=topic, Message=str(number))["MessageId"] for number in range(20)}
        server.kill9()
        listener.posts.clear()
        listener.statuses[:] = [200]
        server.start()
        clock(server, advance=60)
        assert {document["MessageId"] for document in listener.documents()} == published


def test_batches(sns, topic):
    with Listener() as listener:
        confirmed(sns, topic, listener)
        entries = [{"Id": str(number), "Message": "m%d" % number} for number in range(9)]
        entries.append({"Id": "bad", "Message": "x", "MessageStructure": "json"})
        answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
        assert [entry["Id"] for entry in answer["Successful"]] == [str(number) for number in range(9)]
        assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in answer["Failed"]] == [("bad", "InvalidParameter", True)]
        listener.wait(9)
        assert {d["MessageId"] for d in listener.documents()} == {entry["MessageId"] for entry in answer["Successful"]}


def test_many_subscribers_share_one_message(martlet):
    server = martlet("--ephemeral").start()
    sns = server.client("sns", config=ONCE)
    topic = sns.create_topic(Name="t")["TopicArn"]
    with Listener() as listener:
        base = listener.url
        for number in range(12):
            listener_url = "%s/%d" % (base, number)
            sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=listener_url)
        listener.wait(12)
        for document in listener.documents("SubscriptionConfirmation"):
            sns.confirm_subscription(TopicArn=topic, Token=document["Token"])
        listener.posts.clear()
        sns.publish(TopicArn=topic, Message="x" * 200_000)
        listener.wait(12)
        assert {path for path, _, _ in listener.posts} == {urllib.parse.urlparse("%s/%d" % (base, n)).path for n in range(12)}


def test_policies_let_others_in(server, sns, topic):
    other = server.client("sns", key=OTHER_ACCOUNT, config=ONCE)
    code, message, status = error(other.publish, TopicArn=topic, Message="x")
    assert (code, status) == ("AuthorizationError", 403)
    assert message == (
        "User: arn:aws:iam::%s:root is not authorized to perform: SNS:Publish on resource: %s because no resource-based policy "
        "allows the SNS:Publish action" % (OTHER_ACCOUNT, topic)
    )
    sns.add_permission(TopicArn=topic, Label="let", AWSAccountId=[OTHER_ACCOUNT], ActionName=["Publish"])
    assert other.publish(TopicArn=topic, Message="x")["MessageId"]
    assert error(other.get_topic_attributes, TopicArn=topic)[0] == "AuthorizationError"
    sns.remove_permission(TopicArn=topic, Label="let")
    assert error(other.publish, TopicArn=topic, Message="x")[0] == "AuthorizationError"
    deny = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "SNS:Publish", "Resource": topic,
                       "Condition": {"Bool": {"aws:SecureTransport": "false"}}}],
    }  # fmt: skip
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(deny))
    assert error(sns.publish, TopicArn=topic, Message="x")[0] == "AuthorizationError"


def test_people_are_written_to(martlet):
    server = martlet("--ephemeral").start()
    sns = server.client("sns", config=ONCE)
    topic = sns.create_topic(Name="t")["TopicArn"]

    def sent(kind):
        clock(server, advance=0.001)
        return json.loads(server.get("/_martlet/" + kind)[2])["messages"]

    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
    (asked,) = sent("mail")
    assert asked["To"] == "a@example.com" and asked["Subject"] == "AWS Notification - Subscription Confirmation"
    fetch([line for line in asked["Body"].splitlines() if "Action=ConfirmSubscription" in line][0])
    sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+1 555 123 4567")
    sns.publish(TopicArn=topic, Message="hello", Subject="greetings")
    assert [(m["To"], m["Subject"], m["Body"].split("\n")[0]) for m in sent("mail")[1:]] == [("a@example.com", "greetings", "hello")]
    sns.publish(PhoneNumber="+15551234567", Message="direct")
    assert [(m["PhoneNumber"], m["Message"]) for m in sent("sms")] == [("+15551234567", "hello"), ("+15551234567", "direct")]
    application = sns.create_platform_application(
        Name="app", Platform="GCM", Attributes={"PlatformPrincipal": "p", "PlatformCredential": "c"}
    )["PlatformApplicationArn"]
    endpoint = sns.create_platform_endpoint(PlatformApplicationArn=application, Token="device")["EndpointArn"]
    sns.publish(TargetArn=endpoint, Message='{"default": "d", "GCM": "g"}', MessageStructure="json")
    assert [(m["Token"], m["Message"]) for m in sent("push")] == [("device", "g")]


def test_lists_have_pages(martlet):
    server = martlet("--ephemeral").start()
    sns = server.client("sns", config=ONCE)
    names = ["t%03d" % number for number in range(205)]
    for name in names:
        sns.create_topic(Name=name)
    pages = list(sns.get_paginator("list_topics").paginate())
    assert [len(page["Topics"]) for page in pages] == [100, 100, 5]
    assert [topic["TopicArn"].split(":")[-1] for page in pages for topic in page["Topics"]] == names
    assert error(sns.list_topics, NextToken="nonsense")[0] == "InvalidParameter"
    topic = pages[0]["Topics"][0]["TopicArn"]
    for number in range(101):
        sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+1555%07d" % number)
    assert [len(p["Subscriptions"]) for p in sns.get_paginator("list_subscriptions").paginate()] == [100, 1]
    assert [len(p["Subscriptions"]) for p in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)] == [100, 1]
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes["SubscriptionsConfirmed"] == "101" and attributes["SubscriptionsPending"] == "0"


def test_what_is_logged_of_deliveries(martlet):
    server = martlet("--ephemeral").start()
    sns, logs = server.client("sns", config=ONCE), server.client("logs")
    role = "arn:aws:iam::%s:role/feedback" % ACCOUNT
    topic = sns.create_topic(
        Name="t", Attributes={"HTTPSuccessFeedbackRoleArn": role, "HTTPSuccessFeedbackSampleRate": "100", "HTTPFailureFeedbackRoleArn": role}
    )["TopicArn"]
    with Listener([200, 200, 404]) as listener:
        confirmed(sns, topic, listener)
        sns.publish(TopicArn=topic, Message="hello")
        listener.wait(1)
        sns.publish(TopicArn=topic, Message="goodbye")
        listener.wait(2)

        def events(group):
            try:
                return [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=group)["events"]]
            except logs.exceptions.ResourceNotFoundException:
                return None

        group = "sns/%s/%s/t" % (REGION, ACCOUNT)
        (success,) = wait_until(lambda: events(group))
        assert success["status"] == "SUCCESS" and success["delivery"]["statusCode"] == 200
        assert success["delivery"]["destination"] == listener.url and success["notification"]["topicArn"] == topic
        (failure,) = wait_until(lambda: events(group + "/Failure"))
        assert failure["status"] == "FAILURE" and failure["delivery"]["statusCode"] == 404


def test_with_signatures_links_are_followed_unsigned(martlet):
    server = martlet("--auth", "iam").start()
    keys = dict(line.split(" = ") for line in (server.data / "root.credentials").read_text().splitlines() if " = " in line)
    own = {"key": keys["aws_access_key_id"], "secret": keys["aws_secret_access_key"], "config": ONCE}
    sns, sqs = server.client("sns", **own), server.client("sqs", **own)
    assert error(server.client("sns", config=ONCE).list_topics)[2] == 403
    topic = sns.create_topic(Name="t")["TopicArn"]
    arn = "arn:aws:sqs:%s:%s:q" % (REGION, ACCOUNT)
    policy = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]}
    queue = sqs.create_queue(QueueName="q", Attributes={"Policy": json.dumps({**policy, "Version": "2012-10-17"})})["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    with Listener() as listener:
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=listener.url)
        listener.wait(1)
        fetch(listener.documents()[0]["SubscribeURL"])
        sns.publish(TopicArn=topic, Message="hello")
        document = json.loads(listener.wait(2)[1][2])
        verify(document)
        assert sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]["Body"] == "hello"
        fetch(document["UnsubscribeURL"])
        # Nothing else is let in unsigned, and no private paths are open.
        assert server.get("/?Action=DeleteTopic&Version=2010-03-31&TopicArn=" + topic)[0] in (400, 403)
        assert server.get("/?Action=ListTopics")[0] in (400, 403, 404)
        assert server.get("/_martlet/mail")[0] in (400, 403)
        assert len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 1


def test_functions_read_certificates_by_amazons_name(martlet):
    server = martlet("--ephemeral").start()
    sns = server.client("sns", config=ONCE)
    topic = sns.create_topic(Name="t")["TopicArn"]
    code = """
import json, ssl, urllib.parse, urllib.request

def handler(event, context):
    path = urllib.parse.urlparse(event["url"]).path
    return urllib.request.urlopen("https://sns.us-east-1.amazonaws.com" + path).read().decode()
"""
    with Listener() as listener:
        confirmed(sns, topic, listener)
        sns.publish(TopicArn=topic, Message="hello")
        url = json.loads(listener.wait(1)[0][2])["SigningCertURL"]
        server.deploy("f", {"app.py": code})
        assert server.invoke("f", {"url": url}).encode() == fetch(url)
    assert server.get("/SimpleNotificationService-none.pem")[0] == 404
