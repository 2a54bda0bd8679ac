"""What replays of SQS share: queues of a scenario's own, in the protocol that its parameter names."""

FIFO = {"FifoQueue": "true"}


def new_queue(replay, suffix="", **attributes):
    """A client in the scenario's protocol, and a new queue of it."""
    replay.queue = replay.name("queue") + suffix
    replay.known(**{"queue-name": replay.queue})
    replay.sqs = replay.queue_client(replay.parameter or "sqs")
    return replay.sqs, replay.sqs.create_queue(QueueName=replay.queue, Attributes=attributes)["QueueUrl"]


def new_fifo(replay, **attributes):
    return new_queue(replay, ".fifo", **FIFO, **attributes)
