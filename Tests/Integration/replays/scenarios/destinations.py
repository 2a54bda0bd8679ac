"""Dead letters and destinations. All recorded ones are queues."""

from replays.catalog import scenario
from replays.replay import answer_of

_NO_SQS = "The recorded destinations are queues: SQS is not here yet, and a configuration that names one is refused."


@scenario("TestLambdaDLQ::test_dead_letter_queue", {"*": _NO_SQS})
def dead_letters(replay):
    queue = replay.arn(replay.name("queue"), service="sqs")
    replay.keep("create_lambda_with_dlq", replay.wrapped(answer_of(replay.create, DeadLetterConfig={"TargetArn": queue})))


def _put(replay, **more):
    replay.create()
    queue = {"Destination": replay.arn(replay.name("queue"), service="sqs")}
    return answer_of(
        replay.api.put_function_event_invoke_config, FunctionName=replay.function,
        DestinationConfig={"OnSuccess": queue, "OnFailure": queue}, **more,
    )  # fmt: skip


@scenario("TestLambdaDestinationSqs::test_assess_lambda_destination_invocation", {"*": _NO_SQS})
def outcome(replay):
    replay.keep("put_function_event_invoke_config", _put(replay, MaximumRetryAttempts=0))


@scenario("TestLambdaDestinationSqs::test_lambda_destination_default_retries", {"*": _NO_SQS})
def default_retries(replay):
    replay.keep("put_function_event_invoke_config", _put(replay))


@scenario("TestLambdaDestinationSqs::test_retries", {"*": _NO_SQS})
def retries(replay):
    _put(replay, MaximumRetryAttempts=2)


@scenario("TestLambdaDestinationSqs::test_maxeventage", {"*": _NO_SQS})
def age(replay):
    _put(replay, MaximumEventAgeInSeconds=60)
