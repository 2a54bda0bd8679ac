"""kill -9 while messages are sent, received and deleted: nothing that was acknowledged is lost, or comes back."""

import functools
import json
import os
import threading
import time

import pytest
from botocore.config import Config
from martlet import database, kills, wait_until

ROUNDS = 200 if os.environ.get("MARTLET_LONG") == "1" else 5
NO_RETRIES = Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=20, max_pool_connections=50)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_messages_survive(martlet, engine, figure):
    server = martlet(*database(engine)).start()
    tag = os.urandom(3).hex()
    sqs = server.client("sqs", config=NO_RETRIES)
    standard = sqs.create_queue(QueueName=tag, Attributes={"VisibilityTimeout": "2"})["QueueUrl"]
    fifo = sqs.create_queue(
        QueueName=tag + ".fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "2"}
    )["QueueUrl"]
    # What was to be deleted when the server was killed may be there or not.
    sent, deleted, maybe_deleted, seen_again, disorder = set(), set(), set(), [], []
    # Of each group the last number that was received first; a later one must not come before it is deleted.
    order = {}
    lock, numbers = threading.Lock(), iter(range(10**9))
    groups = {group: iter(range(10**9)) for group in "ab"}

    def here(queue):
        return queue.replace(queue.split("/")[2], server.url.split("/")[2])

    def send(stop):
        while not stop.is_set():
            body = "s%d" % next(numbers)
            try:
                sqs.send_message(QueueUrl=here(standard), MessageBody=body)
                sent.add(body)
            except Exception:
                time.sleep(0.01)

    def send_in_order(stop, group):
        while not stop.is_set():
            body = json.dumps([group, next(groups[group])])
            while True:
                try:
                    # Again until it is there: the same text is the same message.
                    sqs.send_message(QueueUrl=here(fifo), MessageBody=body, MessageGroupId=group)
                    sent.add(body)
                    break
                except Exception:
                    if stop.is_set():
                        pending.append((group, body))
                        return
                    time.sleep(0.01)

    pending = []

    def consume(stop, queue):
        while not stop.is_set():
            try:
                messages = sqs.receive_message(QueueUrl=here(queue), MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages", [])
                for message in messages:
                    note(message["Body"])
                    maybe_deleted.add(message["Body"])
                    sqs.delete_message(QueueUrl=here(queue), ReceiptHandle=message["ReceiptHandle"])
                    deleted.add(message["Body"])
            except Exception:
                time.sleep(0.01)

    def note(body):
        with lock:
            if body in deleted:
                seen_again.append(body)
            if body.startswith("["):
                group, number = json.loads(body)
                if number > order.get(group, -1) + 1:
                    disorder.append((body, order.get(group)))
                order[group] = max(number, order.get(group, -1))

    work = [send] * 3 + [functools.partial(send_in_order, group=group) for group in groups]
    work += [functools.partial(consume, queue=queue) for queue in (standard, fifo)]
    for _ in kills(server, ROUNDS, work, 0.1, 0.6, ready=lambda: sent and deleted):
        sqs = server.client("sqs", config=NO_RETRIES)
        for group, body in pending:
            sqs.send_message(QueueUrl=here(fifo), MessageBody=body, MessageGroupId=group)
            sent.add(body)
        pending.clear()

    def rest(queue):
        messages = sqs.receive_message(QueueUrl=here(queue), MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            note(message["Body"])
            sqs.delete_message(QueueUrl=here(queue), ReceiptHandle=message["ReceiptHandle"])
            deleted.add(message["Body"])
        if messages:
            return False
        found = sqs.get_queue_attributes(QueueUrl=here(queue), AttributeNames=["All"])["Attributes"]
        return found["ApproximateNumberOfMessages"] == found["ApproximateNumberOfMessagesNotVisible"] == "0"

    for queue in (standard, fifo):
        wait_until(lambda: rest(queue), timeout=60)
    figure("messages", len(sent))
    assert sent - deleted - maybe_deleted == set()
    assert len(maybe_deleted - deleted) <= 20 * ROUNDS
    assert seen_again == []
    assert disorder == []
