"""What replays share that use SQS: queues of a scenario's own, in the protocol that its parameter names, and what functions send with."""

FIFO = {"FifoQueue": "true"}
# What a function sends with: without an SDK, which would take longer to load than all else.
SEND = """
import json, os, urllib.request


def send(url, body):
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], json.dumps({"QueueUrl": url, "MessageBody": json.dumps(body)}).encode(), {
        "X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0"})
    urllib.request.urlopen(request).read()

"""


def new_queue(replay, suffix="", **attributes):
    """A client in the scenario's protocol, and a new queue of it."""
    replay.queue = replay.name("queue") + suffix
    replay.known(**{"queue-name": replay.queue})
    replay.sqs = replay.queue_client(replay.parameter or "sqs")
    return replay.sqs, replay.sqs.create_queue(QueueName=replay.queue, Attributes=attributes)["QueueUrl"]


def new_fifo(replay, **attributes):
    return new_queue(replay, ".fifo", **FIFO, **attributes)
