"""Dead letters and destinations. All recorded ones are queues."""

import json
import re

from botocore.exceptions import ClientError
from replays.catalog import scenario
from replays.replay import answer_of

# The recorded traces name lines of the functions' files.
_HANDLER = (
    """import logging
import sys


def context_of(context):
    return {
        "invoked_function_arn": context.invoked_function_arn,
        "function_version": context.function_version,
        "function_name": context.function_name,
        "memory_limit_in_mb": context.memory_limit_in_mb,
        "aws_request_id": context.aws_request_id,
        "log_group_name": context.log_group_name,
        "log_stream_name": context.log_stream_name,
        "client_context": context.client_context,
    }
"""
    + "\n" * 33
    + """
def handler(event, context):
    logging.getLogger().setLevel(logging.INFO)
    print("Lambda log message - print function")
    logging.info("Lambda log message - logging module")
    if event.get("raise_error"):
        raise Exception("Test exception (this is intentional)")
    return {"event": event, "context": context_of(context)}
"""
)
_RETRYING = """



def handler(event, context):
    print(event)
    raise Exception("intentional failure")
"""
assert _HANDLER.splitlines()[54] == '        raise Exception("Test exception (this is intentional)")'
assert _RETRYING.splitlines()[6] == '    raise Exception("intentional failure")'


class _Queue:
    """A queue to look into; where there is no SQS, only its ARN."""

    def __init__(self, replay):
        self.api = replay.client("sqs")
        name = replay.name("queue")
        self.arn = replay.arn(name, service="sqs")
        try:
            self.url = self.api.create_queue(QueueName=name)["QueueUrl"]
        except ClientError:
            self.url = None

    def receive(self, **more):
        """The next message's answer, once there is one."""
        assert self.url, "SQS is here, but made no queue"
        while True:
            answer = self.api.receive_message(QueueUrl=self.url, WaitTimeSeconds=20, MessageAttributeNames=["All"], **more)
            if answer.get("Messages"):
                return answer


@scenario("TestLambdaDLQ::test_dead_letter_queue")
def dead_letters(replay):
    name, api, queue = replay.function, replay.api, _Queue(replay)
    files, letters = {"handler.py": _HANDLER}, {"DeadLetterConfig": {"TargetArn": queue.arn}}
    created = answer_of(replay.create, files=files, **letters)
    replay.keep("create_lambda_with_dlq", replay.wrapped(created))
    event = {"raise_error": 1}
    if queue.url:
        api.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
        api.invoke(FunctionName=name, Payload=json.dumps(event), InvocationType="Event")
        replay.keep("receive_result", queue.receive())
        replay.call("delete_dlq", api.update_function_configuration, FunctionName=name, DeadLetterConfig={})
    else:
        replay.create(files=files)
    answer = replay.keep("invoke_result", replay.invoke(event, LogType="Tail"))
    messages = replay.logged(answer["ResponseMetadata"]["RequestId"])
    lines = [line for message in messages[:-1] for line in message.splitlines()]
    dated = [re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "date", line) for line in lines]
    replay.keep("log_result", {"result": dated})


def _put(replay, queue, **more):
    both = {"Destination": queue.arn}
    answer = answer_of(
        replay.api.put_function_event_invoke_config, FunctionName=replay.function,
        DestinationConfig={"OnSuccess": both, "OnFailure": both}, **more,
    )  # fmt: skip
    if "put_function_event_invoke_config" in replay.recorded:
        replay.keep("put_function_event_invoke_config", answer)


def _send(replay, event):
    replay.api.invoke(FunctionName=replay.function, Payload=json.dumps(event), InvocationType="Event")


@scenario("TestLambdaDestinationSqs::test_assess_lambda_destination_invocation")
def outcome(replay):
    queue = _Queue(replay)
    replay.create(files={"handler.py": _HANDLER})
    _put(replay, queue, MaximumRetryAttempts=0)
    if queue.url:
        _send(replay, {"payload0": {}, "payload1": {"raise_error": 1}}[replay.parameter])
        replay.keep("receive_message_result", queue.receive())


@scenario("TestLambdaDestinationSqs::test_lambda_destination_default_retries")
def default_retries(replay):
    queue = _Queue(replay)
    replay.create(files={"handler.py": _HANDLER})
    _put(replay, queue)
    if queue.url:
        _send(replay, {"raise_error": 1})
        replay.advance(600)
        replay.keep("receive_message_result", queue.receive())


@scenario("TestLambdaDestinationSqs::test_retries")
def retries(replay):
    queue, message = _Queue(replay), replay.name("message")
    replay.known(test_msg_id=message)
    replay.create(files={"handler.py": _RETRYING})
    _put(replay, queue, MaximumRetryAttempts=2)
    if queue.url:
        _send(replay, {"message": message})
        replay.advance(600)
        # The recorded answer is of the second time that the message was received.
        queue.receive(VisibilityTimeout=0)
        replay.keep("queue_destination_payload", queue.receive(AttributeNames=["All"]))


_SENDER = "AWS sends each in a session of its own; here the session has the function's name, and both messages one sender."


@scenario("TestLambdaDestinationSqs::test_maxeventage", {"single_retry_failure_message": _SENDER})
def age(replay):
    queue, message = _Queue(replay), replay.name("message")
    replay.known(test_msg_id=message)
    replay.create(files={"handler.py": _RETRYING})
    for label, seconds in (("no_retry_failure_message", 60), ("single_retry_failure_message", 120)):
        _put(replay, queue, MaximumEventAgeInSeconds=seconds, MaximumRetryAttempts=2)
        if queue.url:
            _send(replay, {"message": message})
            replay.advance(600)
            replay.keep(label, queue.receive(AttributeNames=["All"])["Messages"][0])
