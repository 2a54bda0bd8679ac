"""What tests of queues and of asynchronous invocations share: moving the clock, functions that leave durable traces, and queues."""

import json

from martlet import ONCE

# Tells a log group what it was given, durably, before it answers; without an SDK, which would take longer than all else.
NOTE = """
import json, os, time, urllib.request

def note(text):
    body = json.dumps({"logGroupName": "notes", "logStreamName": "notes",
                       "logEvents": [{"timestamp": int(time.time() * 1000), "message": text}]})
    urllib.request.urlopen(urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], body.encode(), {
        "X-Amz-Target": "Logs_20140328.PutLogEvents", "Content-Type": "application/x-amz-json-1.1"})).read()
"""


def clock(server, **change):
    """Moves the clock, and says what time it is: `clock(server, advance=60)`."""
    assert not (change and server.keeps_time), "other tests count on the time of this server: use `movable`, or one of the test's own"
    body = json.dumps(change).encode() if change else None
    status, _, answer = server.get("/_martlet/clock", method="POST" if change else "GET", body=body)
    assert status == 200, answer
    reading = json.loads(answer)
    assert reading["settled"], reading
    return reading


def make_notes(server):
    """Makes where `note` writes to."""
    logs = server.client("logs")
    logs.create_log_group(logGroupName="notes")
    logs.create_log_stream(logGroupName="notes", logStreamName="notes")


def notes(server):
    """Everything that functions have noted, in order."""
    pages = server.client("logs").get_paginator("filter_log_events").paginate(logGroupName="notes")
    return [event["message"] for page in pages for event in page["events"]]


def metric(server, name, function):
    """The sum of a metric of a function over the last minutes."""
    metrics = json.loads(server.get("/_martlet/metrics")[2])["metrics"]
    return sum(m["sum"] for m in metrics if m["name"] == name and m["dimensions"] == {"FunctionName": function})


def make_queue(sqs, name, **attributes):
    return sqs.create_queue(QueueName=name, Attributes={key: str(value) for key, value in attributes.items()})["QueueUrl"]


def bodies(sqs, url, count=10, **more):
    return [m["Body"] for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=count, **more).get("Messages", [])]


def connected(server):
    """A client that needs no time to ask."""
    client = server.client("sqs", config=ONCE)
    client.list_queues()
    return client
