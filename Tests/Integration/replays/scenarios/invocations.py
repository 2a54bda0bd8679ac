"""Invocations: what they answer, log and refuse, by version, alias and kind."""

import base64
import json
import re
import threading
from itertools import zip_longest

from replays.catalog import Unknown, scenario
from replays.reasons import NO_S3, OLD_SHAPE

_ECHO = {
    "handler.py": "def handler(event, context):\n    print(event)\n    return event\n",
    "index.js": "exports.handler = async (event) => { console.log(event); return event; };\n",
}


def _echo(replay, **more):
    handler = "index.handler" if replay.parameter.startswith("node") else "handler.handler"
    replay.create(files=_ECHO, Runtime=replay.parameter, Handler=handler, **more)


@scenario("TestLambdaFeatures::test_invocation_type_request_response")
def synchronous(replay):
    _echo(replay)
    replay.keep("invoke-result", replay.invoke(InvocationType="RequestResponse"))


@scenario("TestLambdaFeatures::test_invocation_type_event")
def asynchronous(replay):
    _echo(replay)
    replay.keep("invoke-result", replay.invoke(InvocationType="Event"))


@scenario("TestLambdaFeatures::test_invocation_type_no_return_payload")
def asynchronous_without_answer(replay):
    replay.create(files=_ECHO)
    replay.keep("invoke-result", replay.invoke(InvocationType=replay.parameter.rpartition("-")[2]))


@scenario("TestLambdaFeatures::test_invocation_type_dry_run")
def dry(replay):
    _echo(replay)
    replay.keep("invoke-result", replay.invoke(InvocationType="DryRun"))


def _measured(text):
    """A line of the log without its figures."""
    text = re.sub(r"Duration: [\d.]+ ms", "Duration: <duration> ms", text)
    text = re.sub(r"Max Memory Used: \d+ MB", "Max Memory Used: <memory> MB", text)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "date", text)


@scenario("TestLambdaFeatures::test_invocation_with_logs")
def with_logs(replay):
    _echo(replay)
    answer = replay.keep("invoke", replay.invoke(LogType="Tail"))
    messages = replay.logged(answer["ResponseMetadata"]["RequestId"])
    replay.keep("logs", {"logs": [_measured(message) for message in messages]})


@scenario("TestRequestIdHandling::test_request_id_invoke")
def request_ids(replay):
    code = """
import logging
def handler(event, context):
    logging.getLogger().setLevel(logging.INFO)
    logging.info("RequestId log message")
    return context.aws_request_id
"""
    replay.create(files={"handler.py": code})
    answer = replay.keep("invoke_result", replay.invoke())
    messages = replay.logged(answer["ResponseMetadata"]["RequestId"])
    replay.keep("log_entries", {"logs": [_measured(message.rstrip()) for message in messages]})


_NOT_REPEATED = "Names the version of AWS's runtime and the durations of AWS's machine."


@scenario("TestLambdaFeatures::test_invocation_type_event_error", {"creation_response": OLD_SHAPE, "log_events": _NOT_REPEATED})
def asynchronous_error(replay):
    code = "class CustomException(Exception):\n    pass\n\n\ndef handler(event, context):\n    raise CustomException('some error occurred')\n"
    replay.keep("creation_response", replay.wrapped(replay.create(files={"handler.py": code}, Runtime="python3.10")))
    replay.keep("invocation_response", replay.invoke(InvocationType="Event"))


@scenario("TestLambdaFeatures::test_invoke_exceptions")
def nobody(replay):
    replay.call("invoke_function_doesnotexist", replay.api.invoke, FunctionName="doesnotexist")


@scenario("TestLambdaFeatures::test_lambda_environment", {"creation-result": OLD_SHAPE, "get-configuration-result": OLD_SHAPE})
def environment(replay):
    code = "import os\ndef handler(event, context):\n    return {'Hello': os.environ['Hello']}\n"
    variables = {"Variables": {"Hello": "World"}}
    created = replay.create(files={"handler.py": code}, Runtime="python3.9", Environment=variables)
    replay.keep("creation-result", replay.wrapped(created))
    replay.keep("invocation-result", replay.invoke())
    replay.keep("get-configuration-result", replay.settle())


@scenario("TestLambdaFeatures::test_lambda_with_context", {"creation": OLD_SHAPE})
def context(replay):
    files = {"lambda_integration.js": "exports.handler = async (event, context) => ({context});\n"}
    created = replay.create(files=files, Runtime="nodejs16.x", Handler="lambda_integration.handler")
    replay.keep("creation", replay.wrapped(created))
    client = {"custom": {"foo": "bar"}, "client": {"snap": ["crackle", "pop"]}, "env": {"fizz": "buzz"}}
    replay.keep("invocation", replay.invoke(ClientContext=base64.b64encode(json.dumps(client).encode()).decode()))


_VERSIONED = """
def handler(event, context):
    return {"version_id": "version%d", "invoked_arn": context.invoked_function_arn, "version_from_ctx": context.function_version}
"""


def _versioned(number):
    return {"handler.py": _VERSIONED % number}


def _create_versioned(replay):
    created = replay.create(files=_versioned(1), Timeout=None, Environment=None, Description="No version :(")
    replay.keep("create_response", created)


def _publish(replay, label, ordinal):
    answer = replay.api.publish_version(FunctionName=replay.function, Description=ordinal + " version description :)")
    return replay.keep(label, answer) if label else answer


def _update(replay, label, number, **more):
    package = replay.packed(_versioned(number))
    replay.call(label, replay.api.update_function_code, FunctionName=replay.function, ZipFile=package, **more)
    replay.settle()


@scenario("TestLambdaAliases::test_lambda_alias_moving")
def moving_alias(replay):
    name, api = replay.function, replay.api
    _create_versioned(replay)
    _publish(replay, None, "First")
    replay.call("create_alias_response", api.create_alias, FunctionName=name, Name="alias1", FunctionVersion="1")

    def ask(label):
        replay.keep(label, replay.invoke(Qualifier="alias1"))

    ask("invocation_result_qualifier_v1")
    replay.keep("invocation_result_qualifier_v1_arn", replay.invoke(name=replay.function_arn() + ":alias1"))
    _update(replay, "update_lambda_response", 2)
    ask("invocation_result_qualifier_v1_after_update")
    _publish(replay, "second_publish_response", "Second")
    ask("invocation_result_qualifier_v1_after_publish")
    replay.call("update_alias_response", api.update_alias, FunctionName=name, Name="alias1", FunctionVersion="2")
    ask("invocation_result_qualifier_v2")
    replay.call("invocation_exc_not_existent", api.invoke, FunctionName=name, Qualifier="non-existent-alias")


@scenario("TestLambdaAliases::test_alias_routingconfig")
def weighted_alias(replay):
    name, api = replay.function, replay.api
    replay.create(files=_versioned(1))
    api.publish_version(FunctionName=name)
    api.update_function_code(FunctionName=name, ZipFile=replay.packed(_versioned(2)))
    replay.settle()
    api.publish_version(FunctionName=name)
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    replay.call("create_alias_response", api.create_alias, FunctionName=name, Name="alias1", FunctionVersion="1", RoutingConfig=weights)
    assert {replay.invoke(Qualifier="alias1")["ExecutedVersion"] for _ in range(60)} == {"1", "2"}


@scenario("TestLambdaVersions::test_lambda_versions_with_code_changes")
def versions(replay):
    def ask(label, **more):
        replay.keep("invocation_result_" + label, replay.invoke(**more))

    _create_versioned(replay)
    _publish(replay, "first_publish_response", "First")
    _update(replay, "update_lambda_response", 2)
    ask("latest")
    ask("v1", Qualifier="1")
    _publish(replay, "second_publish_response", "Second")
    ask("v2", Qualifier="2")
    _update(replay, "update_lambda_response_with_publish", 3, Publish=True)
    ask("v3", Qualifier="3")
    ask("latest_end")
    ask("v2_end", Qualifier="2")
    ask("v1_end", Qualifier="1")


@scenario("TestLambdaVersions::test_lambda_handler_update")
def other_handler(replay):
    name, api = replay.function, replay.api
    code = "".join("def %s(event, context):\n    return {'handler': '%s'}\n" % (one, one) for one in ("handler", "handler_two"))
    replay.create(files={"handler.py": code})
    replay.keep("invoke_result_handler_one", replay.invoke())
    update = api.update_function_configuration
    replay.call("update_function_configuration_result", update, FunctionName=name, Handler="handler.handler_two")
    replay.call("get_function_result", api.get_function, FunctionName=name)
    replay.keep("invoke_result_handler_two", replay.invoke())
    api.publish_version(FunctionName=name)
    replay.keep("invoke_result_handler_two_postpublish", replay.invoke())


@scenario("TestLambdaVersions::test_function_update_during_invoke")
def update_meanwhile(replay):
    code = """
import os, time
def handler(event, context):
    time.sleep(event.get("seconds", 0))
    return {
        "function_version": context.function_version, "request_id": context.aws_request_id,
        "request_prefix": event["request_prefix"], "function_variant": os.environ["FUNCTION_VARIANT"],
    }
"""
    replay.create(files={"handler.py": code}, Environment={"Variables": {"FUNCTION_VARIANT": "variant-1"}})
    replay.invoke({"request_prefix": "0-warm"})
    before = []
    asking = threading.Thread(target=lambda: before.append(replay.invoke({"request_prefix": "1-sleep", "seconds": 0.5})))
    asking.start()
    variables = {"Variables": {"FUNCTION_VARIANT": "variant-2"}}
    replay.api.update_function_configuration(FunctionName=replay.function, Environment=variables)
    replay.settle()
    assert json.loads(replay.invoke({"request_prefix": "2-after"})["Payload"])["function_variant"] == "variant-2"
    asking.join()
    replay.keep("invoke_response_before", before[0])


@scenario("TestLambdaVersions::test_async_invoke_queue_upon_function_update", {"*": NO_S3})
def queue_and_update(replay):
    pass


_COUNTERS = {
    "handler.py": "counter = -1\ndef handler(event, context):\n    global counter\n    counter += 1\n    return {'counter': counter}\n",
    "index.js": "let counter = -1;\nexports.handler = async () => { counter += 1; return {counter}; };\n",
}


@scenario("TestLambdaBehavior::test_lambda_cache_local")
def kept_environments(replay):
    runtime, handler = {"python": ("python3.12", "handler.handler"), "nodejs": ("nodejs20.x", "index.handler")}[replay.parameter]
    replay.create(files=_COUNTERS, Runtime=runtime, Handler=handler)
    replay.keep("first_invoke_result", replay.invoke())
    replay.rest()
    replay.keep("second_invoke_result", replay.invoke())


@scenario("TestLambdaBaseFeatures::test_lambda_too_large_response")
def too_large(replay):
    # With its quotes one byte more than is allowed.
    replay.create(files={"handler.py": "def handler(event, context):\n    return 'x' * (6291556 - 1)\n"})
    replay.keep("invoke_result", replay.invoke())
    replay.keep("invoke_result_2", replay.invoke())


@scenario("TestLambdaBaseFeatures::test_lambda_different_iam_keys_environment")
def keys(replay):
    code = "import os\ndef handler(event, context):\n    return os.environ['AWS_ACCESS_KEY_ID']\n"
    replay.keep("create-result", replay.wrapped(replay.create(files={"handler.py": code})))
    assert replay.invoke()["Payload"]


@scenario("TestLambdaBaseFeatures::test_assume_role", {"*": Unknown("How the session came to be named after `…@lambda_function` is not known.")})
def role(replay):
    pass


def _invalid(replay, label):
    # The name holds the bytes as Python writes them, in a text that was escaped once.
    written = replay.parameter.partition("-")[2]
    payload = written.encode("latin-1").decode("unicode_escape").encode("latin-1")
    replay.create(files=_ECHO)
    replay.call("invoke_function_invalid_payload_" + label, replay.api.invoke, FunctionName=replay.function, Payload=payload)


@scenario("TestLambdaErrors::test_lambda_invoke_payload_encoding_error")
def payloads(replay):
    _invalid(replay, replay.parameter.partition("-")[0])


@scenario("TestLambdaErrors::test_lambda_runtime_error")
def failing_import(replay):
    files = {"lambda_runtime_error.py": 'raise Exception("Runtime startup fails")\n\ndef handler(event, context):\n    pass\n'}
    replay.create(files=files, Runtime="python3.13", Handler="lambda_runtime_error.handler")
    answer = replay.invoke()
    payload = json.loads(answer["Payload"])
    recorded = replay.recorded["invocation_error"]["Payload"]["stackTrace"]
    payload["stackTrace"] = [_of_python(*frames) for frames in zip_longest(recorded, payload["stackTrace"])]
    replay.keep("invocation_error", {**answer, "Payload": json.dumps(payload)})


def _of_python(recorded, found):
    """A frame in a file of Python's own, whose lines move from one patch of it to the next, with the recorded line."""

    def without_line(frame):
        return re.sub(r"(<frozen [^\"]+>|/var/lang/[^\"]+)\", line \d+", r"\1", frame or "")

    return recorded if without_line(recorded) == without_line(found) else found


@scenario("TestLambdaErrors::test_lambda_runtime_exit")
def exiting(replay):
    replay.create(files={"handler.py": "import sys\ndef handler(event, context):\n    sys.exit(0)\n"})
    replay.keep("invocation_error", replay.invoke())


@scenario(
    "TestLambdaErrors::test_lambda_runtime_exit_segfault",
    {"*": "AWS let this function hang until its time was over; Martlet says at once that the process ended, and by which signal."},
)
def crashing(replay):
    code = "import ctypes\ndef handler(event, context):\n    ctypes.string_at(0)\n"
    replay.create(files={"handler.py": code})
    replay.keep("invocation_error", replay.invoke())
