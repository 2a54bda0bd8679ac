"""SQS: dead letters that are moved back."""

import base64
import json

from replays.catalog import Reason, scenario
from replays.queues import new_queue


def _dead_letters(replay, count=0, **more):
    """A queue whose messages have come to its dead-letter queue."""
    sqs, dead = new_queue(replay)
    dead_arn = replay.arn(replay.queue, "sqs")
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
    source = sqs.create_queue(QueueName=replay.name("source"), Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})["QueueUrl"]
    for number in range(count):
        sqs.send_message(QueueUrl=source, MessageBody=str(number))
    received = 0
    while received < count:
        received += len(sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10).get("Messages", []))
    while count and sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10).get("Messages"):
        pass
    replay.until(lambda: _count(sqs, dead) == count)
    return sqs, source, dead, dead_arn


def _count(sqs, url):
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def _arn(replay, url):
    return replay.arn(url.rsplit("/", 1)[1], "sqs")


@scenario("test_source_needs_redrive_policy")
def source_without_policy(replay):
    sqs, _ = new_queue(replay)
    replay.call("error", sqs.start_message_move_task, SourceArn=replay.arn(replay.queue, "sqs"))


def _cancel(replay, handle):
    replay.call("error", replay.queue_client("sqs").cancel_message_move_task, TaskHandle=handle)


@scenario("test_cancel_with_invalid_task_handle")
def invalid_handle(replay):
    _cancel(replay, "foobared")


@scenario("test_cancel_with_invalid_task_id_in_task_handle")
def unknown_task(replay):
    task = {"taskId": "10000000-1000-1000-1000-100000000000", "sourceArn": replay.arn("queue", "sqs")}
    _cancel(replay, base64.b64encode(json.dumps(task).encode()).decode())


@scenario(
    "test_move_task_cancel",
    {"list-after": Reason("How much is moved before a task is seen to be cancelled depends on time; here it ends sooner.")},
)
def cancelled(replay):
    while not _cancelled_at_two(replay):
        pass
    replay.advance(1)
    replay.call("list-after", replay.sqs.list_message_move_tasks, SourceArn=replay.dead)


def _cancelled_at_two(replay):
    """Whether a task was cancelled after its second message: on a busy machine it may be past that."""
    sqs, _, _, replay.dead = _dead_letters(replay, 10)
    target = sqs.create_queue(QueueName=replay.name("target"))["QueueUrl"]
    given = {"SourceArn": replay.dead, "DestinationArn": _arn(replay, target), "MaxNumberOfMessagesPerSecond": 1}
    handle = sqs.start_message_move_task(**given)["TaskHandle"]
    replay.advance(1)
    replay.until(lambda: _count(sqs, target) >= 2)
    shown = sqs.list_message_move_tasks(SourceArn=replay.dead)
    try:
        ended = sqs.cancel_message_move_task(TaskHandle=handle)
    except sqs.exceptions.ResourceNotFoundException:
        return False
    if ended["ApproximateNumberOfMessagesMoved"] != 2 or shown["Results"][0]["ApproximateNumberOfMessagesMoved"] != 2:
        return False
    replay.keep("list-while", shown)
    replay.keep("cancel", ended)
    return True


@scenario("test_start_multiple_move_tasks")
def second_task(replay):
    sqs, _, _, dead_arn = _dead_letters(replay, 3)
    sqs.start_message_move_task(SourceArn=dead_arn, MaxNumberOfMessagesPerSecond=1)
    replay.call("error", sqs.start_message_move_task, SourceArn=dead_arn)


def _moved_home(replay, sqs, dead_arn):
    replay.call("start-message-move-task-response", sqs.start_message_move_task, SourceArn=dead_arn)
    replay.until(lambda: sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"][0]["Status"] == "COMPLETED")
    replay.call("list-message-move-task-response", sqs.list_message_move_tasks, SourceArn=dead_arn)


@scenario("test_move_task_workflow_with_default_destination")
def moved_home(replay):
    sqs, source, _, dead_arn = _dead_letters(replay, 2)
    replay.keep("source-arn", dead_arn)
    replay.keep("original-source", _arn(replay, source))
    _moved_home(replay, sqs, dead_arn)


@scenario("test_move_task_workflow_with_multiple_sources_as_default_destination")
def moved_to_both_homes(replay):
    sqs, first, dead, dead_arn = _dead_letters(replay, 2)
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
    second = sqs.create_queue(QueueName=replay.name("second"), Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})["QueueUrl"]
    for number in range(2):
        sqs.send_message(QueueUrl=second, MessageBody=str(number))
    replay.until(lambda: sqs.receive_message(QueueUrl=second, MaxNumberOfMessages=10) and _count(sqs, dead) == 4)
    replay.keep("source-arn", dead_arn)
    replay.keep("original-source-1", _arn(replay, first))
    replay.keep("original-source-2", _arn(replay, second))
    _moved_home(replay, sqs, dead_arn)
