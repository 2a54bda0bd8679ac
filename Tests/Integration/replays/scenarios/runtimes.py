"""Functions that run: what they are given, what they see, how they fail."""

import json
import uuid

from replays.catalog import scenario
from replays.reasons import NO_RUNTIME
from replays.replay import answer_of

_SOURCES = {
    "python": (
        "handler.handler",
        {
            "handler.py": """
import os
def handler(event, context):
    if isinstance(event, dict) and event.get("error_msg"):
        raise Exception("Failed: " + event["error_msg"])
    if not isinstance(event, dict) or not event.get("introspect"):
        return event
    return {
        "ctx": {
            "function_name": context.function_name, "function_version": context.function_version,
            "invoked_function_arn": context.invoked_function_arn, "memory_limit_in_mb": context.memory_limit_in_mb,
            "aws_request_id": context.aws_request_id, "log_group_name": context.log_group_name,
            "log_stream_name": context.log_stream_name, "remaining_time_in_millis": context.get_remaining_time_in_millis(),
        },
        "environment": dict(os.environ), "packages": [],
    }
"""
        },
    ),
    "nodejs": (
        "index.handler",
        {
            "index.js": """
exports.handler = async (event, context) => {
  if (event && event.error_msg) throw new Error('Error: ' + event.error_msg);
  if (!event || !event.introspect) return event;
  return {
    ctx: {
      function_name: context.functionName, function_version: context.functionVersion,
      invoked_function_arn: context.invokedFunctionArn, aws_request_id: context.awsRequestId, log_group_name: context.logGroupName,
      log_stream_name: context.logStreamName, remaining_time_in_millis: context.getRemainingTimeInMillis(),
    },
    environment: process.env, packages: [],
  };
};
"""
        },
    ),
    # The recorded one was written in Rust, with AWS's client, whose words for errors these are.
    "provided": (
        "function.handler",
        {
            "bootstrap": r"""#!/usr/bin/env python3
import json, os, urllib.request
api = "http://%s/2018-06-01/runtime/invocation" % os.environ["AWS_LAMBDA_RUNTIME_API"]
def post(path, body, headers={}):
    urllib.request.urlopen(urllib.request.Request(api + path, json.dumps(body).encode(), headers)).read()
while True:
    with urllib.request.urlopen(api + "/next") as answer:
        event, head = json.load(answer), answer.headers
    request = head["Lambda-Runtime-Aws-Request-Id"]
    if event.get("error_msg"):
        kind = "&alloc::boxed::Box<dyn core::error::Error + core::marker::Send + core::marker::Sync>"
        post("/%s/error" % request, {"errorType": kind, "errorMessage": 'Error: "%s"' % event["error_msg"]})
    elif event.get("introspect"):
        # What this process was given: Python adds to its own.
        seen = dict(pair.split("=", 1) for pair in open("/proc/self/environ").read().split("\0") if pair)
        seen["_X_AMZN_TRACE_ID"] = head["Lambda-Runtime-Trace-Id"]
        post("/%s/response" % request, {
            "ctx": {
                "aws_request_id": request, "deadline": int(head["Lambda-Runtime-Deadline-Ms"]),
                "function_name": seen["AWS_LAMBDA_FUNCTION_NAME"], "function_version": seen["AWS_LAMBDA_FUNCTION_VERSION"],
                "invoked_function_arn": head["Lambda-Runtime-Invoked-Function-Arn"],
                "log_group_name": seen["AWS_LAMBDA_LOG_GROUP_NAME"], "log_stream_name": seen["AWS_LAMBDA_LOG_STREAM_NAME"],
                "memory_limit_in_mb": int(seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]),
            },
            "environment": dict(seen), "packages": [],
        })
    else:
        post("/%s/response" % request, event)
"""
        },
    ),
}
_OTHERS = {"java": "echo.Handler", "dotnet": "dotnet::Dotnet.Function::FunctionHandler", "ruby": "function.handler"}
_WRAPPER = '#!/bin/sh\nexport WRAPPER_VAR=test_wrapper_value\nexec "$@"\n'
# What Martlet adds to a function's environment (docs/runtimes.md), and what Python sets itself where the machine lacks the locale
# that LANG names: set aside before the comparison.
_ADDED = {"AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "LC_CTYPE"}
# The address of AWS's side of a sandbox, as a function sees it.
_AWS_ADDRESS, _ADDRESS = "169.254.100.1", "127.0.0.1"


def _is_here(runtime):
    return runtime.startswith(tuple(_SOURCES))


def _needs_runtime(runtime):
    return {} if _is_here(runtime) else {"*": NO_RUNTIME}


def _create(replay, files=None, **more):
    runtime = replay.parameter
    family = next(name for name in (*_SOURCES, *_OTHERS) if runtime.startswith(name))
    handler, source = _SOURCES[family] if family in _SOURCES else (_OTHERS[family], {"any": ""})
    given = {"Environment": None, **more}
    answer = answer_of(
        replay.create, files={**source, **(files or {})}, Runtime=runtime, Handler=handler, MemorySize=1024, Timeout=None, **given
    )
    if "create_function_result" in replay.recorded:
        replay.keep("create_function_result", answer)


def _invoke(replay, event, **more):
    answer = replay.api.invoke(FunctionName=replay.function, Payload=json.dumps(event), **more)
    answer["Payload"] = json.loads(answer["Payload"].read())
    return answer


@scenario("TestLambdaRuntimesCommon::test_echo_invoke")
def echo(replay):
    if not _is_here(replay.parameter):
        return
    _create(replay)
    for event in ({"simple": True}, {"nested": {"list": [1, 2.5, None, "ü"]}}):
        assert _invoke(replay, event)["Payload"] == event


def without_additions(environment, recorded):
    """What a function saw, without what Martlet adds, and with AWS's address for its own."""
    return {name: value.replace(_ADDRESS, _AWS_ADDRESS) for name, value in environment.items() if name in recorded or name not in _ADDED}


def _seen(replay, label, answer):
    answer["environment"] = without_additions(answer["environment"], replay.recorded[label]["environment"])
    replay.keep(label, answer)


@scenario("TestLambdaRuntimesCommon::test_introspection_invoke", _needs_runtime)
def introspection(replay):
    _create(replay, Environment={"Variables": {"TEST_KEY": "TEST_VAL"}})
    if _is_here(replay.parameter):
        _seen(replay, "invocation_result_payload", _invoke(replay, {"introspect": True})["Payload"])
        replay.rest()
        qualified = _invoke(replay, {"introspect": True}, Qualifier="$LATEST")["Payload"]
        _seen(replay, "invocation_result_payload_qualified", qualified)


@scenario("TestLambdaRuntimesCommon::test_uncaught_exception_invoke", _needs_runtime)
def uncaught(replay):
    _create(replay)
    if _is_here(replay.parameter):
        answer = _invoke(replay, {"error_msg": "some_error_msg"})
        for trace in {"trace", "stackTrace"} & answer["Payload"].keys():
            assert all(isinstance(line, str) for line in answer["Payload"][trace])
            answer["Payload"][trace] = "one"
        replay.keep("error_result", answer)


@scenario("TestLambdaRuntimesCommon::test_runtime_wrapper_invoke", _needs_runtime)
def wrapper(replay):
    files = {"environment_wrapper": _WRAPPER}
    _create(replay, files, Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/environment_wrapper"}})
    if _is_here(replay.parameter):
        assert _invoke(replay, {"introspect": True})["Payload"]["environment"]["WRAPPER_VAR"] == "test_wrapper_value"


_CALLER = {
    "python": {
        "handler.py": """
import os, urllib.error, urllib.request
def handler(event, context):
    try:
        answer = urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/2015-03-31/functions/")
    except urllib.error.HTTPError as error:
        answer = error
    return answer.headers["x-amzn-RequestId"]
"""
    },
    "nodejs": {
        "index.js": """
const http = require('http');
exports.handler = () => new Promise((resolve, reject) => {
  http.get(process.env.AWS_ENDPOINT_URL + '/2015-03-31/functions/', (answer) => {
    answer.resume();
    resolve(answer.headers['x-amzn-requestid']);
  }).on('error', reject);
});
"""
    },
}


@scenario("TestLambdaCallingLocalstack::test_manual_endpoint_injection")
def calls_home(replay):
    """A function reaches the API under the address that its environment names."""
    family = next((name for name in _CALLER if replay.parameter.startswith(name)), None)
    if family is None:
        return
    _create(replay, _CALLER[family])
    # Signed or not, its requests are answered.
    assert uuid.UUID(_invoke(replay, {})["Payload"])
