"""Topics and queues together: fan-out, order, dead letters, other accounts, and what a crash leaves."""

import json
import os
import random
import threading
import time

import pytest
from martlet import ACCOUNT, ONCE, OTHER_ACCOUNT, REGION, wait_until
from notified import verify
from queued import clock

ROUNDS = 50 if os.environ.get("MARTLET_LONG") == "1" else 3


class Account:
    """A caller with its topics and queues."""

    def __init__(self, server, account=ACCOUNT):
        self.account = account
        self.sns = server.client("sns", key=account, config=ONCE)
        self.sqs = server.client("sqs", key=account, config=ONCE)

    def topic(self, name, **attributes):
        if name.endswith(".fifo"):
            attributes["FifoTopic"] = "true"
        return self.sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]

    def queue(self, name, topic):
        """The URL and the ARN of a queue that the topic may send to."""
        arn = "arn:aws:sqs:%s:%s:%s" % (REGION, self.account, name)
        policy = {
            "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
            }],
            "Version": "2012-10-17",
        }  # fmt: skip
        attributes = {"Policy": json.dumps(policy), **({"FifoQueue": "true"} if name.endswith(".fifo") else {})}
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"], arn

    def subscribed(self, name, topic, **attributes):
        url, arn = self.queue(name, topic)
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
        return url

    def drain(self, url, count=None, timeout=60):
        """What a queue has; with a count, as soon as there is so much."""
        found, deadline = [], time.monotonic() + timeout
        while (count is None or len(found) < count) and time.monotonic() < deadline:
            messages = self.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"],
                WaitTimeSeconds=0 if count is None else 1,
            ).get("Messages", [])  # fmt: skip
            if not messages and count is None:
                break
            found += messages
            if messages:
                entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
                self.sqs.delete_message_batch(QueueUrl=url, Entries=entries)
        return found


@pytest.fixture
def here(movable):
    return Account(movable)


def test_fan_out_to_queues(here, name):
    topic = here.topic(name)
    wrapped = here.subscribed(name + "-w", topic)
    raw = here.subscribed(name + "-r", topic, RawMessageDelivery="true")
    chosen = here.subscribed(name + "-c", topic, RawMessageDelivery="true", FilterPolicy=json.dumps({"kind": ["b"]}))
    attributes = {"kind": {"DataType": "String", "StringValue": "b"}, "bytes": {"DataType": "Binary", "BinaryValue": b"\x01\x02"}}
    here.sns.publish(TopicArn=topic, Message="a")
    here.sns.publish(TopicArn=topic, Message="b", MessageAttributes=attributes)
    envelopes = [json.loads(message["Body"]) for message in here.drain(wrapped, 2)]
    assert sorted(envelope["Message"] for envelope in envelopes) == ["a", "b"]
    assert [verify(envelope) for envelope in envelopes] == [2048, 2048]
    assert sorted(message["Body"] for message in here.drain(raw, 2)) == ["a", "b"]
    (message,) = here.drain(chosen, 1)
    assert message["Body"] == "b" and message["MessageAttributes"]["bytes"]["BinaryValue"] == b"\x01\x02"


def test_a_queue_without_a_policy_gets_nothing_and_the_dead_letter_queue_does(here, name):
    topic = here.topic(name)
    closed = here.sqs.create_queue(QueueName=name + "-closed")["QueueUrl"]
    grave, grave_arn = here.queue(name + "-dlq", topic)
    arn = "arn:aws:sqs:%s:%s:%s-closed" % (REGION, ACCOUNT, name)
    redrive = json.dumps({"deadLetterTargetArn": grave_arn})
    here.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RedrivePolicy": redrive})
    here.sns.publish(TopicArn=topic, Message="hello")
    (message,) = here.drain(grave, 1)
    assert json.loads(message["Body"])["Message"] == "hello" and "MessageAttributes" not in message
    assert here.drain(closed) == []


def test_groups_stay_in_order(here, name):
    topic = here.topic(name + ".fifo", ContentBasedDeduplication="true")
    queues = [here.subscribed("%s-%d.fifo" % (name, number), topic, RawMessageDelivery="true") for number in range(2)]
    sent = [("g%d" % (number % 3), "m%03d" % number) for number in range(30)]
    for start in range(0, 30, 10):
        here.sns.publish_batch(
            TopicArn=topic,
            PublishBatchRequestEntries=[{"Id": text, "Message": text, "MessageGroupId": group} for group, text in sent[start : start + 10]],
        )
    for url in queues:
        got = [(message["Attributes"]["MessageGroupId"], message["Body"]) for message in here.drain(url, 30)]
        for group in ("g0", "g1", "g2"):
            assert [text for one, text in got if one == group] == [text for one, text in sent if one == group]


def test_a_queue_of_another_account_confirms(movable, here, name):
    topic = here.topic(name)
    there = Account(movable, OTHER_ACCOUNT)
    url, arn = there.queue(name, topic)
    assert here.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"] == "pending confirmation"
    (message,) = there.drain(url, 1)
    asked = json.loads(message["Body"])
    assert asked["Type"] == "SubscriptionConfirmation"
    verify(asked)
    there.sns.confirm_subscription(TopicArn=topic, Token=asked["Token"])
    here.sns.publish(TopicArn=topic, Message="hello")
    (message,) = there.drain(url, 1)
    assert json.loads(message["Body"])["Message"] == "hello"


def test_topics_let_buckets_and_queues_do_what_their_policies_say(movable, here, name):
    """A queue whose policy names another topic takes nothing of this one."""
    topic, other = here.topic(name), here.topic(name + "-other")
    url, arn = here.queue(name, other)
    here.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    here.sns.subscribe(TopicArn=other, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    here.sns.publish(TopicArn=topic, Message="no")
    here.sns.publish(TopicArn=other, Message="yes")
    clock(movable, advance=0.001)
    assert [message["Body"] for message in here.drain(url, 1)] == ["yes"]
    assert here.drain(url) == []


def test_what_is_acknowledged_arrives_whatever_ends_the_process(martlet, figure):
    server = martlet().start()
    here = Account(server)
    topic = here.topic("t")
    ordered = here.topic("t.fifo", ContentBasedDeduplication="true")
    plain = here.subscribed("q", topic, RawMessageDelivery="true")
    fifo = here.subscribed("q.fifo", ordered, RawMessageDelivery="true")
    acknowledged, ordered_acknowledged, lock = set(), [], threading.Lock()
    chance = random.Random(7)

    def publish(worker, stop):
        number = 0
        sns = server.client("sns", config=ONCE)
        while not stop.is_set():
            text = "%s-%d-%d" % (worker, stop.round, number)
            number += 1
            try:
                if worker == "f":
                    sns.publish(TopicArn=ordered, Message=text, MessageGroupId="g")
                else:
                    sns.publish(TopicArn=topic, Message=text)
            except Exception:
                # What was not acknowledged may be there, or not.
                continue
            with lock:
                if worker == "f":
                    ordered_acknowledged.append(text)
                else:
                    acknowledged.add(text)

    for round_number in range(ROUNDS):
        stop = threading.Event()
        stop.round = round_number
        threads = [threading.Thread(target=publish, args=(worker, stop)) for worker in ("a", "b", "f")]
        for thread in threads:
            thread.start()
        time.sleep(0.2 + chance.random() * 0.3)
        server.kill9()
        stop.set()
        for thread in threads:
            thread.join()
        server.start()
    wait_until(lambda: clock(server, advance=0.001))
    got, in_order = set(), []

    # What was not acknowledged may be among it.
    def plain_is_complete():
        got.update(message["Body"] for message in here.drain(plain))
        return acknowledged <= got

    def fifo_is_complete():
        in_order.extend(message["Body"] for message in here.drain(fifo))
        return set(ordered_acknowledged) <= set(in_order)

    wait_until(plain_is_complete, timeout=120)
    wait_until(fifo_is_complete, timeout=120)
    assert [text for text in in_order if text in set(ordered_acknowledged)] == ordered_acknowledged
    figure("messages acknowledged", len(acknowledged) + len(ordered_acknowledged))
