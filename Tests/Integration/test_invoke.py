"""What an invocation answers, in success and in every kind of failure."""

import base64
import json
import os
import re
from pathlib import Path

import pytest
from martlet import wait_until

HANDLERS = """
import ctypes, json, os, sys, time
calls = 0

def echo(event, context):
    global calls
    calls += 1
    return {"event": event, "calls": calls, "id": context.aws_request_id, "client": getattr(context.client_context, "custom", None),
            "arn": context.invoked_function_arn, "remaining": context.get_remaining_time_in_millis()}

def fail(event, context):
    raise ValueError("it is\\nwrong")

def sleep(event, context):
    print("sleeping")
    time.sleep(60)

def leave(event, context):
    sys.stdout.flush()
    os._exit(event)

def crash(event, context):
    os.kill(os.getpid(), 11)

def unserialisable(event, context):
    return object()

def large(event, context):
    return "x" * event

def eat(event, context):
    hoard = []
    while True:
        hoard.append(bytearray(8 << 20))

def environment(event, context):
    return dict(os.environ)

def chatty(event, context):
    for i in range(event):
        print("line", i)
    print("last", end="")

def call_home(event, context):
    import boto3
    return boto3.client("sts").get_caller_identity()["Arn"]
"""


@pytest.fixture(scope="module")
def functions(server):
    """Deploys each handler when it is first asked for."""
    api, made = server.client("lambda"), {}

    def get(handler, **more):
        key = (handler, repr(more))
        if key not in made:
            made[key] = "invoke-%s-%d" % (handler.replace(".", "-"), len(made))
            options = {"Timeout": 20, "MemorySize": 256, **more}
            server.deploy(made[key], {"app.py": HANDLERS, "broken.py": "def ("}, runtime="python3.11", handler=handler, **options)
        return made[key]

    def invoke(handler, event=None, options=None, **more):
        result = api.invoke(
            FunctionName=get(handler, **(options or {})), Payload=json.dumps(event).encode(), LogType="Tail", **more
        )
        return result, json.loads(result["Payload"].read() or b"null"), base64.b64decode(result["LogResult"]).decode()

    invoke.get = get
    return invoke


def test_a_warm_environment_is_used_again(functions):
    first = functions("app.echo", {"a": [1, "é"]})[1]
    second = functions("app.echo", None)[1]
    assert first["event"] == {"a": [1, "é"]} and second["event"] is None
    assert (first["calls"], second["calls"]) == (1, 2)
    assert 5000 < second["remaining"] <= 20000


def test_the_answer_names_the_request(functions, server):
    result, answer, log = functions("app.echo", 1)
    assert answer["id"] == result["ResponseMetadata"]["RequestId"]
    assert answer["arn"] == "arn:aws:lambda:us-east-1:000000000000:function:" + functions.get("app.echo")
    assert result["StatusCode"] == 200 and result["ExecutedVersion"] == "$LATEST"


def test_client_context_reaches_the_function(functions):
    context = base64.b64encode(b'{"custom":\n {"k": "v"}}').decode()
    assert functions("app.echo", 1, ClientContext=context)[1]["client"] == {"k": "v"}


def test_start_end_and_report_lines_tell_the_truth(functions):
    _, answer, log = functions("app.chatty", 3, options={"MemorySize": 512})
    assert answer is None
    lines = re.fullmatch(
        r"START RequestId: (\S+) Version: \$LATEST\nline 0\nline 1\nline 2\nlast"
        r"END RequestId: \1\nREPORT RequestId: \1\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\t"
        r"Memory Size: 512 MB\tMax Memory Used: (\d+) MB\tInit Duration: ([\d.]+) ms\t\n",
        log,
    )
    assert lines, log
    duration, billed, memory, init = (float(g) for g in lines.groups()[1:])
    assert billed >= duration + init > billed - 2
    assert 5 <= memory <= 100
    assert "Init Duration" not in functions("app.chatty", 3, options={"MemorySize": 512})[2]


@pytest.mark.parametrize(
    "handler, event, error, message, log",
    [
        ("app.fail", None, "ValueError", "it is\nwrong", "[ERROR] ValueError: it is\nwrong\nTraceback (most recent call last):"),
        ("app.nothing", None, "Runtime.HandlerNotFound", "Handler 'nothing' missing on module 'app'", ""),
        ("missing.handler", None, "Runtime.ImportModuleError", "Unable to import module 'missing': No module named 'missing'", ""),
        ("broken.handler", None, "Runtime.UserCodeSyntaxError", "Syntax error in module 'broken'", ""),
        ("app.leave", 0, "Runtime.ExitError", "Error: Runtime exited without providing a reason", "Runtime.ExitError"),
        ("app.leave", 3, "Runtime.ExitError", "Error: Runtime exited with error: exit status 3", "exit status 3"),
        ("app.crash", None, "Runtime.ExitError", "Error: Runtime exited with error: signal: segmentation fault", ""),
        ("app.unserialisable", None, "Runtime.MarshalError", "Unable to marshal response: Object of type object is not JSON", ""),
        ("app.large", 6291556, "Function.ResponseSizeTooLarge", "exceeded maximum allowed payload size (6291556 bytes).", ""),
        ("app.eat", None, "Runtime.OutOfMemory", "Error: Runtime exited with error: signal: killed", ""),
    ],
)
def test_failures_are_as_on_aws(functions, handler, event, error, message, log):
    result, answer, tail = functions(handler, event)
    assert result["FunctionError"] == "Unhandled" and result["StatusCode"] == 200
    assert answer["errorType"] == error and message in answer["errorMessage"]
    assert log in tail
    assert "REPORT RequestId" in tail


def test_a_timeout(functions):
    result, answer, log = functions("app.sleep", None, options={"Timeout": 3})
    request = result["ResponseMetadata"]["RequestId"]
    assert result["FunctionError"] == "Unhandled"
    assert answer == {"errorType": "Sandbox.Timedout", "errorMessage": "RequestId: %s Error: Task timed out after 3.00 seconds" % request}
    assert "sleeping\n" in log and "%s Task timed out after 3.00 seconds" % request in log
    assert "Status: timeout" in log


def test_the_largest_answer_fits(functions):
    assert len(functions("app.large", 6291554 - 2)[1]) == 6291554 - 2


def test_the_environment_is_awss(functions):
    variables = functions("app.environment", options={"Environment": {"Variables": {"MY": "own", "TZ": "Europe/Rome"}}})[1]
    assert variables["MY"] == "own" and variables["TZ"] == "Europe/Rome"
    for name, value in {
        "_HANDLER": "app.environment", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "LAMBDA_TASK_ROOT": "/var/task",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "LANG": "en_US.UTF-8",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "LAMBDA_RUNTIME_DIR": "/var/runtime",
    }.items():
        assert variables[name] == value
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "_X_AMZN_TRACE_ID", "AWS_LAMBDA_LOG_STREAM_NAME"):
        assert variables[name]
    assert "_LAMBDA_TELEMETRY_LOG_FD" not in variables


def test_a_dry_run_runs_nothing(server, functions):
    result = server.client("lambda").invoke(FunctionName=functions.get("app.fail"), InvocationType="DryRun")
    assert result["StatusCode"] == 204 and "FunctionError" not in result


def test_an_event_that_is_no_json_is_refused(server, functions):
    api = server.client("lambda")
    with pytest.raises(api.exceptions.InvalidRequestContentException):
        api.invoke(FunctionName=functions.get("app.echo"), Payload=b"{nonsense")


def test_a_function_calls_the_platform_as_its_role(server, functions):
    if not any("python3.11" in line and "AWS SDK" in line for line in server.run("runtimes").stdout.splitlines()):
        pytest.skip("this machine's Python 3.11 has no boto3")
    arn = functions("app.call_home", options={"MemorySize": 512})[1]
    assert arn == "arn:aws:sts::000000000000:assumed-role/test-role/" + functions.get("app.call_home", MemorySize=512)


def test_an_initialisation_that_is_tried_again_counts(server, name):
    if not any("python3.11" in line and "AWS SDK" in line for line in server.run("runtimes").stdout.splitlines()):
        pytest.skip("this machine's Python 3.11 has no boto3")
    code = (
        "import boto3, os, time\nlogs = boto3.client('logs')\n"
        "try:\n    logs.create_log_group(logGroupName='%s')\nexcept logs.exceptions.ResourceAlreadyExistsException:\n    time.sleep(0.5)\n"
        "else:\n    os._exit(1)\ndef handler(e, c):\n    return c.get_remaining_time_in_millis()\n" % name
    )
    api = server.deploy(name, {"app.py": code}, runtime="python3.11", Timeout=20)
    result = api.invoke(FunctionName=name, LogType="Tail")
    log = base64.b64decode(result["LogResult"]).decode()
    duration = float(re.search(r"\tDuration: ([\d.]+) ms", log)[1])
    assert duration >= 500 and "Init Duration" not in log
    assert 15000 < json.load(result["Payload"]) <= 19500
    seen = json.loads(server.run("status", "--json").stdout)["dataPlane"]["lastInvocations"]
    times = next(i["times"] for i in seen if i["function"] == name)
    parts = [times[part] for part in ("failedInitialization", "start", "initialization", "delivery", "run", "completion")]
    assert parts[0] > 0 and parts[2] >= 500 and sum(parts) - 0.01 <= times["total"]
    assert duration <= times["total"] - parts[0] + 0.01


def test_concurrent_invocations_have_environments_of_their_own(server, functions):
    from concurrent.futures import ThreadPoolExecutor

    name = functions.get("app.echo", Description="concurrent")
    with ThreadPoolExecutor(8) as pool:
        clients = [server.client("lambda") for _ in range(8)]
        answers = list(pool.map(lambda c: json.load(c.invoke(FunctionName=name, Payload=b"1")["Payload"]), clients * 4))
    assert len(answers) == 32 and all(a["event"] == 1 for a in answers)


def test_a_change_replaces_warm_environments(server, functions):
    name = functions.get("app.echo", Description="changing")
    api = server.client("lambda")
    invoke = lambda: json.load(api.invoke(FunctionName=name, Payload=b"1")["Payload"])["calls"]
    # Soon the same environment is found idle again.
    wait_until(lambda: invoke() == 2)
    api.update_function_configuration(FunctionName=name, Timeout=19)
    api.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    assert invoke() == 1


def test_json_logs(server, name):
    api = server.deploy(
        name,
        {"app.py": "import logging\ndef handler(e, c):\n    logging.getLogger().warning('careful')\n    return 1\n"},
        runtime="python3.11", LoggingConfig={"LogFormat": "JSON"},
    )
    log = base64.b64decode(api.invoke(FunctionName=name, LogType="Tail")["LogResult"]).decode()
    records = [json.loads(line) for line in log.splitlines() if line]
    assert [r.get("type") for r in records] == ["platform.start", None, "platform.report"]
    assert records[1]["level"] == "WARNING" and records[1]["message"] == "careful"
    assert records[2]["record"]["metrics"]["memorySizeMB"] == 128


def test_an_idle_environment_is_frozen_and_wakes(server, name):
    """With control groups by their freezer, else by a signal; the next invocation finds the environment as it was left."""
    api = server.deploy(name, {"app.py": HANDLERS}, handler="app.echo")
    invoke = lambda: json.load(api.invoke(FunctionName=name, Payload=b"1")["Payload"])["calls"]
    for calls in (1, 2):
        assert invoke() == calls
        processes = [pid for pid in os.listdir("/proc") if pid.isdigit() and is_of_function(pid, name)]
        if not processes:
            pytest.skip("the environments of other processes cannot be read here")
        wait_until(lambda: all(is_frozen(pid) for pid in processes))


def is_of_function(pid, name):
    try:
        return ("AWS_LAMBDA_FUNCTION_NAME=%s\0" % name).encode() in Path("/proc/%s/environ" % pid).read_bytes()
    except OSError:
        return False


def is_frozen(pid):
    if Path("/proc/%s/stat" % pid).read_text().rpartition(")")[2].split()[0] == "T":
        return True
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    for line in Path("/proc/%s/cgroup" % pid).read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        for _, folder, kind, options, *_ in mounts:
            group = Path(folder + path)
            # The root of a hierarchy has neither file.
            if number == "0" and kind == "cgroup2" and (group / "cgroup.events").exists():
                if "frozen 1" in (group / "cgroup.events").read_text():
                    return True
            if controllers == "freezer" and kind == "cgroup" and "freezer" in options.split(","):
                if (group / "freezer.state").exists() and (group / "freezer.state").read_text().strip() == "FROZEN":
                    return True
    return False
