"""Extensions, external and internal, and the telemetry that they subscribe to."""

import base64
import json
import re
import time

import pytest
from martlet import wait_until

# What every external extension here begins with: a client of the Extensions API.
LIBRARY = """#!/usr/bin/python3
import json, os, signal, sys, threading, time, urllib.error, urllib.request
BASE = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"]
NAME = os.path.basename(__file__)

def call(method, path, body=None, **headers):
    data = None if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
    request = urllib.request.Request(BASE + path, data=data, method=method, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as failure:
        return failure.code, failure.headers, json.loads(failure.read() or b"null")

def register(*events, name=NAME, **headers):
    return call("POST", "/2020-01-01/extension/register", {"events": list(events)}, Lambda_Extension_Name=name, **headers)

def next_event(id):
    return call("GET", "/2020-01-01/extension/event/next", Lambda_Extension_Identifier=id)[2]

def say(*words):
    print("[ext]", *words, flush=True)
"""

LISTENER = """
import http.server
received = []
class Listener(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        received.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *words): pass
http.server.ThreadingHTTPServer.allow_reuse_address = True
listener = http.server.ThreadingHTTPServer(("sandbox.localdomain", 8080), Listener)
threading.Thread(target=listener.serve_forever, daemon=True).start()
"""

ECHO = {"app.py": "def handler(event, context):\n    print('handling', event)\n    return event\n"}


@pytest.fixture
def deploy(server, name, deploy):
    """Deploys a function with extensions: {name: source after the library}."""

    def deploy_with(extensions, files=ECHO, **more):
        layer = {"extensions/" + key: LIBRARY + text for key, text in extensions.items()}
        layers = [server.publish_layer(name, layer)] if layer else []
        deploy(files, **{"Timeout": 10, "MemorySize": 512, "Layers": layers, **more})

    return deploy_with


@pytest.fixture
def invoke(server, name):
    def invoke(event=None):
        result = server.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode(), LogType="Tail")
        return json.loads(result["Payload"].read() or b"null"), result.get("FunctionError"), base64.b64decode(result["LogResult"]).decode()

    return invoke


@pytest.fixture
def log(server, name):
    """The function's whole log, once it has what is looked for."""

    def log(*wanted):
        logs = server.client("logs")

        def look():
            try:
                events = logs.filter_log_events(logGroupName="/aws/lambda/" + name)["events"]
            except logs.exceptions.ResourceNotFoundException:
                return None
            text = "".join(event["message"] for event in events)
            return text if all(word in text for word in wanted) else None

        return wait_until(look)

    return log


LOOP = """
status, headers, body = register("INVOKE", "SHUTDOWN", Lambda_Extension_Accept_Feature="accountId")
id = headers["Lambda-Extension-Identifier"]
say("registered", status, json.dumps(body))
while True:
    event = next_event(id)
    say(json.dumps(event))
    if event["eventType"] == "SHUTDOWN":
        say("left", event["deadlineMs"] - int(time.time() * 1000))
        sys.exit()
"""


def test_an_external_extension_lives_with_the_function(server, deploy, invoke, log, name):
    deploy({"first": LOOP})
    for number in (1, 2):
        assert invoke(number)[:2] == (number, None)
    text = log("REPORT", "handling 2")
    assert "EXTENSION\tName: first\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n" in text
    assert '[ext] registered 200 {"functionName": "%s", "functionVersion": "$LATEST", "handler": "app.handler", "accountId": "000000000000"}' % name in text
    events = [json.loads(line) for line in re.findall(r"\[ext\] (\{.*\})", text)]
    ids = re.findall(r"START RequestId: (\S+)", text)
    assert [event["requestId"] for event in events] == ids and len(ids) == 2
    assert all(event["eventType"] == "INVOKE" and event["deadlineMs"] > 1e12 and event["tracing"]["type"] == "X-Amzn-Trace-Id" for event in events)
    assert events[0]["invokedFunctionArn"].endswith(":function:" + name)
    # It is told even if it is frozen.
    time.sleep(0.6)
    server.client("lambda").delete_function(FunctionName=name)
    text = log('"shutdownReason": "spindown"', "[ext] left")
    assert 0 < int(re.search(r"left (\d+)", text).group(1)) <= 2000


def test_extensions_do_not_see_what_is_the_runtimes(deploy, invoke, log):
    deploy({"env": 'say(json.dumps(dict(os.environ)), os.getcwd())\n' + LOOP}, Environment={"Variables": {"MINE": "yes"}})
    invoke()
    seen = json.loads(re.search(r"\[ext\] (\{.*\}) /\n", log("[ext] {")).group(1))
    assert seen["MINE"] == "yes" and seen["AWS_LAMBDA_FUNCTION_NAME"] and seen["AWS_SECRET_ACCESS_KEY"]
    withheld = {"AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS",
                "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "_AWS_XRAY_DAEMON_ADDRESS", "_AWS_XRAY_DAEMON_PORT", "_HANDLER"}
    assert not withheld & set(seen)


def test_an_invocation_waits_for_its_extensions(deploy, invoke):
    deploy({"slow": LOOP.replace("    say(json", "    time.sleep(0.4)\n    say(json")})
    tail = invoke(1)[2]
    assert float(re.search(r"Duration: ([\d.]+) ms", tail).group(1)) >= 400


def test_an_extension_that_crashes_ends_the_initialisation(deploy, invoke):
    deploy({"broken": "register('INVOKE')\nsys.exit(3)\n"})
    answer, error, tail = invoke()
    assert error == "Unhandled" and answer["errorType"] == "Extension.Crash" and answer["errorMessage"].endswith("Error: exit status 3")


def test_an_extension_may_say_why(deploy, invoke, log):
    deploy({"unhappy": """
id = register("INVOKE")[1]["Lambda-Extension-Identifier"]
say(call("POST", "/2020-01-01/extension/init/error", {"errorMessage": "m", "errorType": "Extension.Config", "stackTrace": []}, Lambda_Extension_Identifier=id, Lambda_Extension_Function_Error_Type="Extension.Config")[::2])
sys.exit(1)
"""})
    answer, error, tail = invoke()
    assert error == "Unhandled" and answer["errorType"] == "Extension.InitError"
    assert "EXTENSION\tName: unhappy\tState: InitError\tEvents: [INVOKE]\tError Type: Extension.Config" in log("State: InitError")


def test_extensions_learn_of_timeouts_and_failures(server, deploy, invoke, log, name):
    deploy({"watch": LOOP}, {"app.py": "import os, time\ndef handler(event, context):\n    if event == 'crash': os._exit(7)\n    time.sleep(60)\n"}, Timeout=1)
    answer, error, tail = invoke("sleep")
    assert "Task timed out after 1.00 seconds" in answer["errorMessage"]
    assert '"shutdownReason": "timeout"' in log('"shutdownReason": "timeout"')
    answer, error, tail = invoke("crash")
    assert answer["errorType"] == "Runtime.ExitError" and "exit status 7" in answer["errorMessage"]
    log('"shutdownReason": "failure"')


EAT = {"app.py": "def handler(event, context):\n    hoard = []\n    while True:\n        hoard.append(bytearray(8 << 20))\n"}


def test_a_runtime_out_of_memory_is_told_as_such(deploy, invoke, log):
    deploy({"watch": LOOP}, EAT, Timeout=30, MemorySize=256)
    answer, error, tail = invoke()
    assert answer["errorType"] == "Runtime.OutOfMemory"
    log('"shutdownReason": "failure"')


PRY = """
import os, signal, time
def look(path):
    try:
        return len(open(path, "rb").read(1))
    except OSError as failure:
        return failure.strerror
def handler(event, context):
    parent = os.getppid()
    if event == "kill":
        os.kill(parent, signal.SIGKILL)
        time.sleep(5)
    return [look("/proc/%d/%s" % (parent, name)) for name in ("mem", "environ", "maps", "fd/3")], os.listdir("/proc/%d/fd" % os.getpid()) != []
"""


def test_a_function_cannot_look_into_the_supervisor(deploy, invoke):
    deploy({"first": LOOP}, {"app.py": PRY})
    (seen, own), error, tail = invoke()
    assert own and all(isinstance(answer, str) for answer in seen), seen
    # It can end it, and with it itself.
    answer, error, tail = invoke("kill")
    assert error == "Unhandled" and answer["errorType"] == "Runtime.ExitError"
    assert invoke()[1] is None


INTERNAL = LIBRARY.replace("NAME = os.path.basename(__file__)", "NAME = 'inner'") + """
results = [register("SHUTDOWN")[::2], register("INVOKE", name="")[::2]]
id = register("INVOKE")[1]["Lambda-Extension-Identifier"]
seen = []
def loop():
    while True:
        seen.append(next_event(id))
threading.Thread(target=loop, daemon=True).start()
signal.signal(signal.SIGTERM, lambda *_: (print("terminated", flush=True), os._exit(0)))

def handler(event, context):
    late = register("INVOKE", name="late")
    unknown = call("GET", "/2020-01-01/extension/event/next", Lambda_Extension_Identifier="7a1e8b1e-0000-4000-8000-000000000000")
    while not any(e["requestId"] == context.aws_request_id for e in seen):
        time.sleep(0.01)
    return [results, late[::2], unknown[::2], call("GET", "/2020-01-01/extension/event/next")[::2]]
"""


def test_an_internal_extension_is_part_of_the_runtime(server, deploy, invoke, log, name):
    deploy({}, {"app.py": INTERNAL})
    (results, late, unknown, missing), error, tail = invoke()
    assert results[0] == [403, {"errorMessage": "SHUTDOWN: event not supported for internal extensions", "errorType": "Extension.InvalidEventType"}]
    assert results[1][0] == 403 and results[1][1]["errorType"] == "Extension.InvalidExtensionName"
    assert late == [403, {"errorMessage": "Extension registration closed already", "errorType": "Extension.RegistrationClosed"}]
    assert unknown[0] == 403 and unknown[1]["errorType"] == "Extension.UnknownExtensionIdentifier"
    assert missing[0] == 403 and missing[1]["errorType"] == "Extension.MissingExtensionIdentifier"
    assert "EXTENSION\tName: inner\tState: Ready\tEvents: [INVOKE]\n" in log("EXTENSION")
    server.client("lambda").delete_function(FunctionName=name)
    log("terminated")


TELEMETRY = LISTENER + """
id = register("INVOKE", "SHUTDOWN")[1]["Lambda-Extension-Identifier"]
def subscribe(body, path="/2022-07-01/telemetry", **headers):
    return call("PUT", path, body, **{"Lambda_Extension_Identifier": id, **headers})[::2]
wrong = subscribe({"schemaVersion": "2022-12-13", "types": [], "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain"}})
stranger = subscribe({}, Lambda_Extension_Identifier="7a1e8b1e-0000-4000-8000-000000000000")
good = subscribe({"schemaVersion": "2022-12-13", "types": ["platform", "function"], "buffering": {"timeoutMs": 25}, "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:8080/events"}})
other = subscribe({"types": ["function"], "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:8080"}}, "/2020-08-15/logs")
say("results " + json.dumps([wrong, stranger, good, other]))
while True:
    event = next_event(id)
    if event["eventType"] == "SHUTDOWN":
        time.sleep(0.1)
        say("received " + json.dumps(received))
        sys.exit()
    # Until the runtime is done with it.
    while not any(e["type"] == "platform.runtimeDone" and e["record"]["requestId"] == event["requestId"] for e in received):
        time.sleep(0.005)
"""


def test_telemetry_arrives_over_http(server, deploy, invoke, log, name):
    deploy({"tele": TELEMETRY})
    for number in (1, 2):
        assert invoke(number)[:2] == (number, None)
    server.client("lambda").delete_function(FunctionName=name)
    text = log("[ext] received")
    wrong, stranger, good, other = json.loads(re.search(r"results (.*)", text).group(1))
    assert wrong == [400, {"errorMessage": "URI port is not provided; types should not be empty", "errorType": "ValidationError"}]
    assert stranger[0] == 403 and good == [200, "OK"] and other[0] == 403
    assert "TELEMETRY\tName: tele\tState: Subscribed\tTypes: [Platform, Function]\n" in text
    events = json.loads(re.search(r"received (.*)", text).group(1))
    types = [event["type"] for event in events]
    assert types[:4] == ["platform.initStart", "platform.telemetrySubscription", "platform.initRuntimeDone", "platform.initReport"]
    for expected in ("platform.extension", "platform.start", "function", "platform.runtimeDone", "platform.report"):
        assert types.count(expected) == (1 if expected == "platform.extension" else 2), types
    assert all(set(event) == {"time", "type", "record"} and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["time"]) for event in events)
    assert [event["record"] for event in events if event["type"] == "function"] == ["handling 1", "handling 2"]
    done = next(event["record"] for event in events if event["type"] == "platform.runtimeDone")
    assert done["status"] == "success" and done["metrics"]["producedBytes"] == 1 and done["metrics"]["durationMs"] >= 0
    assert [(set(span), span["name"]) for span in done["spans"]] == [
        ({"name", "start", "durationMs"}, "responseLatency"),
        ({"name", "start", "durationMs"}, "responseDuration"),
    ]
    report = next(event["record"] for event in events if event["type"] == "platform.report")
    assert {"durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB", "initDurationMs"} == set(report["metrics"])


LINES = """
import socket
server = socket.create_server(("sandbox.localdomain", 8181))
lines = []
def read():
    while True:
        connection, _ = server.accept()
        for line in connection.makefile():
            lines.append(json.loads(line))
threading.Thread(target=read, daemon=True).start()
id = register("INVOKE", "SHUTDOWN")[1]["Lambda-Extension-Identifier"]
say("subscribed", call("PUT", "/2020-08-15/logs", {"schemaVersion": "2021-03-18", "types": ["platform", "function", "extension"], "buffering": {"timeoutMs": 25},
    "destination": {"protocol": "TCP", "port": 8181}}, Lambda_Extension_Identifier=id)[::2])
while next_event(id)["eventType"] == "INVOKE":
    time.sleep(0.1)
time.sleep(0.2)
say("received " + json.dumps(lines))
"""


def test_the_logs_api_sends_lines_over_tcp(server, deploy, invoke, log, name):
    deploy({"lines": LINES})
    assert invoke(1)[:2] == (1, None)
    server.client("lambda").delete_function(FunctionName=name)
    text = log("[ext] received")
    assert "[ext] subscribed (200, 'OK')" in text and "LOGS\tName: lines\tState: Subscribed\tTypes: [Platform, Function, Extension]\n" in text
    events = json.loads(re.search(r"received (.*)", text).group(1))
    types = [event["type"] for event in events]
    for expected in ("platform.logsSubscription", "platform.extension", "platform.start", "function", "extension", "platform.runtimeDone", "platform.end", "platform.report"):
        assert expected in types, types
    assert not [name for name in types if name.startswith("platform.init")]
    assert {"type": "function", "record": "handling 1"}.items() <= next(event for event in events if event["type"] == "function").items()
