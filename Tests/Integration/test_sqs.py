"""SQS through boto3: what queues do, by a clock that the test moves."""

import json
import threading
import time

import pytest
from botocore.exceptions import ClientError
from martlet import ACCOUNT, ONCE, OTHER_ACCOUNT, REGION, error, wait_until
from queued import bodies, clock, connected, make_queue


@pytest.fixture
def own(martlet):
    """A server of the test's own, whose clock it may move."""
    return martlet("--ephemeral").start()


@pytest.fixture
def sqs(server):
    return server.client("sqs", config=ONCE)


def arn(name, account=ACCOUNT):
    return "arn:aws:sqs:%s:%s:%s" % (REGION, account, name)


def counters(sqs, url):
    names = ["ApproximateNumberOfMessages" + kind for kind in ("", "NotVisible", "Delayed")]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return [int(found[name]) for name in names]


def test_a_message_comes_back_until_it_is_deleted(own):
    sqs = own.client("sqs", config=ONCE)
    url = make_queue(sqs, "q", VisibilityTimeout=30)
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello")
    first = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"][0]
    assert first["MessageId"] == sent["MessageId"] and first["MD5OfBody"] == sent["MD5OfMessageBody"]
    assert bodies(sqs, url) == [] and counters(sqs, url) == [0, 1, 0]
    clock(own, advance=30)
    second = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"][0]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    assert second["Attributes"]["ApproximateFirstReceiveTimestamp"] == first["Attributes"]["ApproximateFirstReceiveTimestamp"]
    # The older receipt deletes nothing.
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert counters(sqs, url) == [0, 1, 0]
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=100)
    clock(own, advance=99)
    assert bodies(sqs, url) == []
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
    third = sqs.receive_message(QueueUrl=url)["Messages"][0]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=third["ReceiptHandle"])
    clock(own, advance=100)
    assert bodies(sqs, url) == [] and counters(sqs, url) == [0, 0, 0]


@pytest.mark.parametrize("given, queue", [({"DelaySeconds": 60}, 0), ({}, 60), ({"DelaySeconds": 0}, 60)])
def test_delays(own, given, queue):
    sqs = own.client("sqs", config=ONCE)
    url = make_queue(sqs, "q", DelaySeconds=queue)
    sqs.send_message(QueueUrl=url, MessageBody="later", **given)
    if given.get("DelaySeconds") == 0:
        assert bodies(sqs, url) == ["later"]
        return
    assert bodies(sqs, url) == [] and counters(sqs, url) == [0, 0, 1]
    clock(own, advance=59)
    assert bodies(sqs, url) == []
    clock(own, advance=1)
    assert bodies(sqs, url) == ["later"]


def test_old_messages_are_deleted(own):
    sqs = own.client("sqs", config=ONCE)
    url = make_queue(sqs, "q", MessageRetentionPeriod=3600)
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": "m"} for n in range(5)])
    clock(own, advance=3599)
    assert counters(sqs, url) == [5, 0, 0]
    clock(own, advance=1)
    assert bodies(sqs, url) == [] and counters(sqs, url) == [0, 0, 0]


# FIFO


def test_groups_are_in_order_and_wait_for_one_another(own):
    sqs = own.client("sqs", config=ONCE)
    url = make_queue(sqs, "q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    numbers = []
    for number in range(6):
        sent = sqs.send_message(QueueUrl=url, MessageBody=str(number), MessageGroupId="ab"[number % 2])
        numbers.append(sent["SequenceNumber"])
    assert numbers == sorted(numbers) and all(len(number) == 20 for number in numbers)
    first = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2)["Messages"]
    assert [m["Body"] for m in first] == ["0", "2"]
    assert bodies(sqs, url) == ["1", "3", "5"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first[0]["ReceiptHandle"])
    assert bodies(sqs, url) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first[1]["ReceiptHandle"])
    assert bodies(sqs, url) == ["4"]
    clock(own, advance=30)
    assert sorted(bodies(sqs, url)) == ["1", "3", "4", "5"]


@pytest.mark.parametrize("scope, expected", [("queue", ["m"]), ("messageGroup", ["m", "m"])])
def test_deduplication(own, scope, expected):
    sqs = own.client("sqs", config=ONCE)
    url = make_queue(sqs, "q.fifo", FifoQueue="true", DeduplicationScope=scope)
    for group in ("a", "b", "a"):
        sqs.send_message(QueueUrl=url, MessageBody="m", MessageGroupId=group, MessageDeduplicationId="d")
    assert bodies(sqs, url) == expected
    clock(own, advance=300)
    sqs.send_message(QueueUrl=url, MessageBody="again", MessageGroupId="c", MessageDeduplicationId="d")
    assert "again" in bodies(sqs, url)


def test_an_expired_receipt_of_a_fifo_queue_deletes_nothing(own):
    sqs = own.client("sqs", config=ONCE)
    url = make_queue(sqs, "q.fifo", FifoQueue="true", VisibilityTimeout=1)
    sqs.send_message(QueueUrl=url, MessageBody="m", MessageGroupId="g", MessageDeduplicationId="d")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    clock(own, advance=1)
    code, message, status = error(sqs.delete_message, QueueUrl=url, ReceiptHandle=handle)
    assert (code, status) == ("InvalidParameterValue", 400) and message.endswith("The receipt handle has expired.")
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    for _ in range(2):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)


# Dead letters


def test_dead_letters_and_back(own):
    sqs = own.client("sqs", config=ONCE)
    dead = make_queue(sqs, "dead")
    policy = json.dumps({"deadLetterTargetArn": arn("dead"), "maxReceiveCount": 2})
    url = make_queue(sqs, "q", RedrivePolicy=policy, VisibilityTimeout=0)
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    for _ in range(2):
        assert len(bodies(sqs, url)) == 3
    assert bodies(sqs, url) == []
    wait_until(lambda: counters(sqs, dead) == [3, 0, 0])
    assert counters(sqs, url) == [0, 0, 0]
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    handle = sqs.start_message_move_task(SourceArn=arn("dead"), MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    clock(own, advance=0)
    listed = sqs.list_message_move_tasks(SourceArn=arn("dead"))["Results"][0]
    assert listed["Status"] == "RUNNING" and listed["TaskHandle"] == handle and listed["ApproximateNumberOfMessagesToMove"] == 3
    assert sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"] == 1
    clock(own, advance=2)
    assert sqs.list_message_move_tasks(SourceArn=arn("dead"))["Results"][0]["Status"] == "CANCELLED"
    sqs.start_message_move_task(SourceArn=arn("dead"))
    clock(own, advance=0)
    wait_until(lambda: sqs.list_message_move_tasks(SourceArn=arn("dead"))["Results"][0]["Status"] == "COMPLETED")
    assert counters(sqs, dead) == [0, 0, 0] and sorted(bodies(sqs, url)) == ["0", "1", "2"]


@pytest.mark.parametrize(
    "allow, works",
    [
        ({"redrivePermission": "allowAll"}, True), ({"redrivePermission": "denyAll"}, False),
        ({"redrivePermission": "byQueue", "sourceQueueArns": [arn("other")]}, False),
    ],
)  # fmt: skip
def test_a_queue_says_whose_dead_letters_it_takes(sqs, name, allow, works):
    make_queue(sqs, name + "-dead", RedriveAllowPolicy=json.dumps(allow))
    policy = json.dumps({"deadLetterTargetArn": arn(name + "-dead"), "maxReceiveCount": "2"})
    if works:
        make_queue(sqs, name, RedrivePolicy=policy)
    else:
        assert error(make_queue, sqs=sqs, name=name, RedrivePolicy=policy)[0] == "InvalidParameterValue"


# Queues


def test_a_deleted_queue_and_its_name(own):
    sqs = own.client("sqs", config=ONCE)
    url = make_queue(sqs, "q")
    sqs.send_message(QueueUrl=url, MessageBody="m", DelaySeconds=60)
    outcomes, poller = [], connected(own)

    def poll():
        try:
            outcomes.append(bodies(poller, url, WaitTimeSeconds=20))
        except ClientError as refusal:
            outcomes.append(refusal.response["Error"]["Code"])

    waiting = threading.Thread(target=poll)
    waiting.start()
    time.sleep(0.2)
    sqs.delete_queue(QueueUrl=url)
    # Nothing is waited for that cannot come.
    waiting.join(15)
    assert outcomes in ([[]], ["AWS.SimpleQueueService.NonExistentQueue"])
    assert error(sqs.send_message, QueueUrl=url, MessageBody="m")[::2] == ("AWS.SimpleQueueService.NonExistentQueue", 400)
    assert error(make_queue, sqs=sqs, name="q")[0] == "AWS.SimpleQueueService.QueueDeletedRecently"
    clock(own, advance=60)
    assert make_queue(sqs, "q") == url and bodies(sqs, url) == []


def test_addresses_of_a_queue(server, sqs, name):
    url = make_queue(sqs, name)
    assert url == "%s/%s/%s" % (server.url, ACCOUNT, name)
    sqs.send_message(QueueUrl=url, MessageBody="m")
    # Clients of old and those inside sandboxes send other forms to the endpoint that they were given.
    for form in ("https://sqs.%s.amazonaws.com/%s/%s", "https://%s.queue.amazonaws.com/%s/%s"):
        assert counters(sqs, form % (REGION, ACCOUNT, name)) == [1, 0, 0]
    path = "/%s/%s" % (ACCOUNT, name)
    status, _, body = server.get(path + "?Action=SendMessage&Version=2012-11-05&MessageBody=by%20path")
    assert status == 200 and b"<MessageId>" in body, body
    status, _, body = server.get(
        path, method="POST", body=b"Action=ReceiveMessage&Version=2012-11-05&MaxNumberOfMessages=10",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert status == 200 and b"<Body>by path</Body>" in body, body


def test_other_accounts_need_a_permission(server, sqs, name):
    other = server.client("sqs", key=OTHER_ACCOUNT, config=ONCE)
    url = make_queue(sqs, name)
    assert error(other.send_message, QueueUrl=url, MessageBody="m")[0] == "AccessDenied"
    sqs.add_permission(QueueUrl=url, Label="l", AWSAccountIds=[OTHER_ACCOUNT], Actions=["SendMessage", "GetQueueUrl"])
    assert other.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=ACCOUNT)["QueueUrl"] == url
    other.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "m"}])
    assert error(other.receive_message, QueueUrl=url)[0] == "AccessDenied"
    sqs.remove_permission(QueueUrl=url, Label="l")
    assert error(other.send_message, QueueUrl=url, MessageBody="m")[0] == "AccessDenied"


def test_purging(own):
    sqs = own.client("sqs", config=ONCE)
    url = make_queue(sqs, "q")
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": "m"} for n in range(10)])
    sqs.purge_queue(QueueUrl=url)
    assert counters(sqs, url) == [0, 0, 0] and bodies(sqs, url) == []
    code, message, status = error(sqs.purge_queue, QueueUrl=url)
    assert (code, status) == ("AWS.SimpleQueueService.PurgeQueueInProgress", 403)
    clock(own, advance=60)
    sqs.purge_queue(QueueUrl=url)


# Requests


@pytest.mark.parametrize(
    "given, code",
    [
        ({"MessageBody": "\x01"}, "InvalidMessageContents"), ({"MessageBody": "\ufffe"}, "InvalidMessageContents"),
        ({"MessageBody": "m", "DelaySeconds": 901}, "InvalidParameterValue"),
        ({"MessageBody": "m", "MessageDeduplicationId": "d"}, "InvalidParameterValue"),
        ({"MessageBody": "a" * 1048577}, "InvalidParameterValue"),
        ({"MessageBody": "m", "MessageAttributes": {"a": {"DataType": "Other", "StringValue": "x"}}}, "InvalidParameterValue"),
        ({"MessageBody": "m", "MessageAttributes": {"a": {"DataType": "Number", "StringValue": "x"}}}, "InvalidParameterValue"),
        ({"MessageBody": "m", "MessageAttributes": {"a b": {"DataType": "String", "StringValue": "x"}}}, "InvalidParameterValue"),
        (
            {"MessageBody": "m", "MessageAttributes": {str(n): {"DataType": "String", "StringValue": "x"} for n in range(11)}},
            "InvalidParameterValue",
        ),
    ],
)  # fmt: skip
def test_messages_that_are_refused(sqs, name, given, code):
    url = make_queue(sqs, name)
    assert error(sqs.send_message, QueueUrl=url, **given)[0] == code


def test_batches_in_part(sqs, name):
    url = make_queue(sqs, name, MaximumMessageSize=1024)
    answer = sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": "good", "MessageBody": "m"}, {"Id": "bad", "MessageBody": "\x02"}, {"Id": "big", "MessageBody": "x" * 1025}]
    )
    assert [one["Id"] for one in answer["Successful"]] == ["good"]
    assert [(one["Id"], one["Code"], one["SenderFault"]) for one in answer["Failed"]] == [
        ("bad", "InvalidMessageContents", True), ("big", "InvalidParameterValue", True),
    ]  # fmt: skip
    handle = sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    changed = sqs.change_message_visibility_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "a", "ReceiptHandle": handle, "VisibilityTimeout": 9}, {"Id": "b", "ReceiptHandle": "x", "VisibilityTimeout": 9},
            {"Id": "c", "ReceiptHandle": handle, "VisibilityTimeout": 43201},
        ],
    )  # fmt: skip
    assert [one["Id"] for one in changed["Successful"]] == ["a"]
    assert [(one["Id"], one["Code"]) for one in changed["Failed"]] == [("b", "ReceiptHandleIsInvalid"), ("c", "InvalidParameterValue")]
    deleted = sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": "a", "ReceiptHandle": handle}, {"Id": "b", "ReceiptHandle": "x"}])
    assert [one["Id"] for one in deleted["Successful"]] == ["a"] and [one["Id"] for one in deleted["Failed"]] == ["b"]


def test_large_messages_come_back_whole(sqs, name):
    url = make_queue(sqs, name)
    text = "é\n\"<&>\u2028\U0001f426" * 90_000
    text = text.encode()[: 1_048_576 - 100].decode(errors="ignore")
    sqs.send_message(QueueUrl=url, MessageBody=text, MessageAttributes={"b": {"DataType": "Binary", "BinaryValue": bytes(range(64))}})
    message = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"][0]
    assert message["Body"] == text and message["MessageAttributes"]["b"]["BinaryValue"] == bytes(range(64))


INSIDE = """
import json, os, urllib.request

def call(url, operation, **given):
    request = urllib.request.Request(url, json.dumps(given).encode(), {
        "X-Amz-Target": "AmazonSQS." + operation, "Content-Type": "application/x-amz-json-1.0"})
    return json.load(urllib.request.urlopen(request))

def handler(event, context):
    url = call(os.environ["AWS_ENDPOINT_URL"], "GetQueueUrl", QueueName=event)["QueueUrl"]
    call(url, "SendMessage", QueueUrl=url, MessageBody="inside")
    return url
"""


def test_functions_find_their_queue(server, sqs, name):
    """A function reaches the queue under the address that it is given."""
    server.deploy(name, {"app.py": INSIDE}, Timeout=60)
    url = make_queue(sqs, name)
    server.invoke(name, name)
    assert bodies(sqs, url) == ["inside"]


def test_destinations_deliver(own):
    """What becomes of an asynchronous invocation is told to a queue."""
    sqs = own.client("sqs", config=ONCE)
    url = make_queue(sqs, "told")
    api = own.deploy("f", {"app.py": "def handler(event, context): return event"})
    api.put_function_event_invoke_config(FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": arn("told")}})
    api.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"a": 1}')
    (body,) = wait_until(lambda: bodies(sqs, url))
    assert json.loads(body)["responsePayload"] == {"a": 1}
