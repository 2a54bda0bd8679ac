"""What replays of SNS share: topics, queues that they may send to, and web servers."""

import json
import time

from notified import Listener

from .replay import answer_of

WAIT = 60


class Notifications:
    """A scenario's clients, and shortcuts."""

    def __init__(self, replay):
        self.replay = replay
        self.sns = replay.client("sns")
        self.sqs = replay.client("sqs")
        self.call = replay.call
        replay.known(cert_domain=replay.server.url, unsubscribe_domain=replay.server.url, subscribe_domain=replay.server.url)

    def topic(self, name=None, fifo=False, **attributes):
        if fifo:
            attributes["FifoTopic"] = "true"
        name = (name or self.replay.name("topic")) + (".fifo" if fifo else "")
        return self.sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]

    def queue(self, topic, fifo=False, **attributes):
        """The URL and the ARN of a queue that the topic may send to."""
        name = self.replay.name("queue") + (".fifo" if fifo else "")
        arn = self.replay.arn(name, service="sqs")
        policy = {
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
            }],
        }  # fmt: skip
        if fifo:
            attributes["FifoQueue"] = "true"
        return self.sqs.create_queue(QueueName=name, Attributes={**attributes, "Policy": json.dumps(policy)})["QueueUrl"], arn

    def subscribed(self, topic, fifo=False, **attributes):
        """A queue that gets what is published: its URL, its ARN, and the subscription's."""
        url, arn = self.queue(topic, fifo)
        answer = self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
        return url, arn, answer["SubscriptionArn"]

    # Queues

    def receive(self, url, count=1, system=False, wait=WAIT, delete=True):
        """An answer with so many messages, collected as long as it takes; with none, the answer as it is."""
        asked = {"QueueUrl": url, "MessageAttributeNames": ["All"], "MaxNumberOfMessages": 10, "VisibilityTimeout": 30}
        if system:
            asked["AttributeNames"] = ["All"]
        found, deadline = [], time.monotonic() + wait
        while True:
            answer = self.sqs.receive_message(**asked, WaitTimeSeconds=1 if len(found) < count else 0)
            for message in answer.get("Messages", []):
                found.append(message)
                if delete:
                    self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            if len(found) >= count or time.monotonic() > deadline:
                return {**answer, "Messages": found} if found else answer

    def received(self, label, url, count=1, system=False):
        """Notes the messages of a queue."""
        answer = self.receive(url, count, system)
        if "ResponseMetadata" not in self.replay.recorded[label]:
            answer.pop("ResponseMetadata", None)
        return self.replay.keep(label, answer)

    def nothing(self, label, url):
        """Notes that a queue has nothing, when everything that is due is done."""
        self.replay.advance(0.001)
        return self.replay.keep(label, self.sqs.receive_message(QueueUrl=url))

    # Answers

    def shown(self, label, subscription, whole=True):
        """Notes a subscription's attributes. Those that were recorded are an IAM user's, and these an account's root's."""
        answer = answer_of(self.sns.get_subscription_attributes, SubscriptionArn=subscription)
        attributes = answer.get("Attributes", {})
        if "SubscriptionPrincipal" in attributes:
            attributes["SubscriptionPrincipal"] = attributes["SubscriptionPrincipal"].replace(":root", ":user/somebody")
        return self.replay.keep(label, answer if whole else attributes)

    def expect(self, *labels_and_calls):
        for label, method, parameters in labels_and_calls:
            self.call(label, getattr(self.sns, method), **parameters)


def listener():
    return Listener()


def headers_of(post):
    """The headers of a post with their names as the recordings have them."""
    return {"-".join(part.capitalize() for part in name.split("-")): value for name, value in post[1].items()}
