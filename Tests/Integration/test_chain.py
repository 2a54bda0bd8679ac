"""The whole way of an event, from an object to a function, under kill -9: S3 → SNS → SQS → function."""

import json
import os

import botocore.exceptions
from martlet import ACCOUNT, ONCE, REGION, kills, wait_until
from queued import NOTE, make_notes, notes

ROUNDS = 200 if os.environ.get("MARTLET_LONG") == "1" else 4
HANDLER = NOTE + """
def handler(event, context):
    for record in event["Records"]:
        message = json.loads(json.loads(record["body"])["Message"])
        for change in message.get("Records", []):
            note(change["s3"]["object"]["key"])
"""


def allow(service, action, resource):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource}]})


def make_chain(server):
    """A bucket whose new objects are told to a topic, which tells a queue, whose messages a function gets."""
    s3, sns, sqs = (server.client(name) for name in ("s3", "sns", "sqs"))
    api = server.deploy("f", {"app.py": HANDLER})
    queue = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"
    topic = sns.create_topic(Name="t")["TopicArn"]
    sqs.set_queue_attributes(
        QueueUrl=queue, Attributes={"Policy": allow("sns.amazonaws.com", "sqs:SendMessage", arn)})
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=allow("s3.amazonaws.com", "sns:Publish", topic))
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    s3.create_bucket(Bucket="files")
    s3.put_bucket_notification_configuration(Bucket="files", NotificationConfiguration={
        "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]})
    api.create_event_source_mapping(EventSourceArn=arn, FunctionName="f", BatchSize=10)


def writer(s3, stop, numbers, written):
    """Writes objects until the server is gone; `written` are those it has answered for."""
    while not stop.is_set():
        key = str(next(numbers))
        try:
            s3.put_object(Bucket="files", Key=key, Body=b"x" * 100)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
            return
        written.append(key)


def test_every_object_reaches_the_function(martlet, figure):
    server = martlet().start()
    make_notes(server)
    make_chain(server)
    written, numbers = [], iter(range(10**9))
    before = [0]
    for _ in kills(
        server, ROUNDS, [lambda gone: writer(server.client("s3", config=ONCE), gone, numbers, written)] * 3, 0.1, 0.8,
        ready=lambda: len(written) > before[0],
    ):  # fmt: skip
        before[0] = len(written)

    looks = []

    def all_noted():
        looks.append(notes(server))
        if len(looks) > 1 and len(looks[-1]) == len(looks[-2]):
            # Nothing goes on: what was under way when the process ended is waited for.
            server.get("/_martlet/clock", method="POST", body=b'{"advance": 30}')
        return set(written) <= set(looks[-1])

    wait_until(all_noted, timeout=600 if ROUNDS > 6 else 120, interval=1)
    run = notes(server)
    figure("objects written", len(written))
    figure("told more than once", len(run) - len(set(run)))
