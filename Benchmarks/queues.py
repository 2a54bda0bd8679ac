"""Queues as event sources: how fast a function gets through a full queue, and how long after it is sent one message runs."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor

import endpoints
from deployments import deployed, noted
from endpoints import Unsupported

FULL = 20_000
SINGLE = 200
LIMIT = 60


def batches(endpoint, name, since):
    """What the function has printed since: when a batch came, and how late its messages were, in milliseconds."""
    pages = endpoint.client("logs").get_paginator("filter_log_events").paginate(
        logGroupName="/aws/lambda/" + name, filterPattern='"batch"')
    found = []
    for page in pages:
        for event in page["events"]:
            words = event["message"].split()
            if words[0] == "batch" and float(words[2]) >= since:
                found.append((float(words[2]), [float(word) for word in words[3:]]))
    return found


def seen(endpoint, name, since, count, limit):
    """The same, once so many messages are among them, or nothing new has come for a while."""
    deadline, known, quiet = time.time() + limit, 0, 0
    while True:
        found = batches(endpoint, name, since)
        total = sum(len(late) for _, late in found)
        quiet = quiet + 1 if total == known else 0
        known = total
        if total >= count or time.time() > deadline or (quiet > 20 and total):
            return found
        time.sleep(0.5)


def fill(sqs, url, count):
    def send(first):
        entries = [{"Id": str(n), "MessageBody": "%.6f %s" % (time.time(), "x" * 200)} for n in range(10)]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(send, range(0, count, 10)))


def queues(bench, endpoint):
    """A full queue first, then one message after the other."""
    labels = (
        "queue, batches of 10, messages per second", "queue, one message, p50 ms", "queue, one message, p99 ms")
    with noted(bench, endpoint, *labels):
        if isinstance(endpoint, endpoints.Emulator):
            raise Unsupported("it polls no queues")
        sqs, api = endpoint.client("sqs"), endpoint.client("lambda")
        with deployed(endpoint, [bench.python("queue.py")]) as (target,), contextlib.ExitStack() as after:
            url = sqs.create_queue(QueueName=target.name, Attributes={"VisibilityTimeout": "120"})["QueueUrl"]
            after.callback(sqs.delete_queue, QueueUrl=url)
            arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            fill(sqs, url, FULL)
            began = time.time()
            mapping = api.create_event_source_mapping(EventSourceArn=arn, FunctionName=target.name, BatchSize=10)["UUID"]
            after.callback(api.delete_event_source_mapping, UUID=mapping)
            found = seen(endpoint, target.name, began, FULL, LIMIT)
            first, last = min(found)[0], max(found)[0]
            bench.figures.add(endpoint.name, labels[0], sum(len(late) for _, late in found) / max(last - first, 1e-6))
            # What is left would stand before the single ones.
            sqs.purge_queue(QueueUrl=url)
            time.sleep(2)
            began = time.time()
            for _ in range(SINGLE):
                sqs.send_message(QueueUrl=url, MessageBody="%.6f" % time.time())
                time.sleep(0.01)
            late = sorted(ms for _, each in seen(endpoint, target.name, began, SINGLE, 30) for ms in each)
            bench.figures.add(endpoint.name, labels[1], late[len(late) // 2])
            bench.figures.add(endpoint.name, labels[2], late[min(len(late) - 1, len(late) * 99 // 100)])
