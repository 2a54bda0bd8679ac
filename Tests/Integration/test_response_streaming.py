"""InvokeWithResponseStream: what a function streams reaches its client while it runs, and waits for it.

Where a handler has to wait for its client it polls a tag of its own function, which the client sets; nothing here depends on how long
anything takes.
"""

import base64
import hashlib
import json
import os
import re
import socket
import ssl
import time

import botocore.config
import botocore.eventstream
import botocore.exceptions
import httpx
import pytest
from martlet import Martlet, function_arn, wait_until
from streaming_functions import CUSTOM, NODE

CONTENT_TYPE = "application/vnd.amazon.eventstream"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Martlet(tmp_path_factory.mktemp("streaming"), "--tls-self-signed")
    server.start()
    server.deploy("node", {"app.js": NODE}, runtime="nodejs20.x", Timeout=60, MemorySize=1769)
    server.deploy("short", {"app.js": NODE}, runtime="nodejs20.x", Timeout=2, MemorySize=1769)
    server.deploy("plain", {"app.js": NODE}, runtime="nodejs20.x", handler="app.plain")
    server.deploy("sync", {"app.js": NODE}, runtime="nodejs20.x", handler="app.sync")
    server.deploy("custom", {"bootstrap": CUSTOM}, runtime="provided.al2023", handler="x", Timeout=60, MemorySize=1769)
    yield server
    assert server.stop() == 0


@pytest.fixture
def api(server):
    return server.client("lambda", config=botocore.config.Config(read_timeout=120, retries={"total_max_attempts": 1}))


def invoke(api, name, event, **more):
    return api.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(event), **more)


def read(answer):
    """The whole answer: the bytes, and what completed them."""
    body, complete = [], None
    for event in answer["EventStream"]:
        assert complete is None
        if "PayloadChunk" in event:
            body.append(event["PayloadChunk"]["Payload"])
        else:
            complete = event["InvokeComplete"]
    assert complete is not None
    return b"".join(body), complete


def details(complete):
    assert complete["ErrorCode"] == "Unhandled"
    return json.loads(complete["ErrorDetails"])


def tell(api, name, word):
    api.tag_resource(Resource=function_arn(name), Tags={word: "1"})


def logged(server, name, pattern):
    """The first match in the function's log, once it is there."""
    logs = server.client("logs")

    def look():
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/" + name)
        try:
            return next((found for page in pages for event in page["events"] if (found := re.search(pattern, event["message"]))), None)
        except logs.exceptions.ResourceNotFoundException:
            return None  # nothing has been logged

    return wait_until(look, interval=0.1)


def serves_on(api, server, name, answer):
    """The environment of a first invocation serves a second one."""
    logged(server, name, "REPORT RequestId: " + answer["ResponseMetadata"]["RequestId"])
    assert read(invoke(api, name, {"mode": "served"})) == (b"2", {})


def test_head_and_parts(api):
    answer = invoke(api, "node", {"mode": "chunks", "chunks": ["a", "é", "c"]})
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert answer["StatusCode"] == 200 and answer["ExecutedVersion"] == "$LATEST"
    assert headers["content-type"] == CONTENT_TYPE and headers["x-amzn-requestid"]
    assert read(answer) == ("aéc".encode(), {})


def test_the_first_part_comes_while_the_handler_runs(api, name):
    events = iter(invoke(api, "node", {"mode": "talk", "word": name})["EventStream"])
    assert next(events) == {"PayloadChunk": {"Payload": b"first"}}
    # Only now the handler goes on.
    tell(api, "node", name)
    assert next(events) == {"PayloadChunk": {"Payload": b"second"}}
    assert list(events) == [{"InvokeComplete": {}}]


def test_a_function_that_does_not_stream_answers_in_one_part(api):
    events = list(invoke(api, "plain", [1])["EventStream"])
    assert events == [{"PayloadChunk": {"Payload": b'{"event":[1]}'}}, {"InvokeComplete": {}}]
    body, complete = read(invoke(api, "plain", "fail"))
    assert body == b"" and details(complete)["errorMessage"] == "plain"


def test_invoke_collects_what_a_function_streams(api):
    answer = api.invoke(FunctionName="node", Payload=json.dumps({"mode": "chunks", "chunks": ["a", "b"]}))
    assert answer["Payload"].read() == b"ab" and "FunctionError" not in answer
    answer = api.invoke(FunctionName="node", Payload=json.dumps({"mode": "late"}))
    assert json.loads(answer["Payload"].read())["errorMessage"] == "too late" and answer["FunctionError"] == "Unhandled"
    answer = api.invoke(FunctionName="node", Payload=json.dumps({"mode": "fill", "megabytes": 5}))
    assert len(answer["Payload"].read()) == 5 << 20
    answer = api.invoke(FunctionName="node", Payload=json.dumps({"mode": "fill", "megabytes": 20}))
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read()) == {
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }
    assert read(invoke(api, "node", {"mode": "pipe"})) == (b"abc", {})


def test_options(api, server):
    client = base64.b64encode(json.dumps({"custom": {"k": "v"}}).encode()).decode()
    answer = invoke(api, "node", {"mode": "context"}, ClientContext=client, LogType="Tail", InvocationType="RequestResponse")
    body, complete = read(answer)
    seen = json.loads(body)
    assert seen["client"] == {"custom": {"k": "v"}} and seen["id"] == answer["ResponseMetadata"]["RequestId"]
    tail = base64.b64decode(complete["LogResult"]).decode()
    assert tail.startswith("START RequestId: " + seen["id"]) and "\nREPORT RequestId: " in tail
    version = api.publish_version(FunctionName="node")["Version"]
    api.create_alias(FunctionName="node", Name="live", FunctionVersion=version)
    api.get_waiter("published_version_active").wait(FunctionName="node", Qualifier=version)
    answer = invoke(api, "node", {"mode": "context"}, Qualifier="live")
    assert answer["ExecutedVersion"] == version
    assert json.loads(read(answer)[0])["arn"].endswith(":function:node:live")
    dry = invoke(api, "node", {}, InvocationType="DryRun")
    assert dry["StatusCode"] == 204 and list(dry["EventStream"]) == []


@pytest.mark.parametrize(
    "name, payload, more, error",
    [
        ("no-such-function", "{}", {}, "ResourceNotFoundException"),
        ("node", "{", {}, "InvalidRequestContentException"),
        ("node", "{}", {"Qualifier": "none"}, "ResourceNotFoundException"),
        ("node", "{}", {"TenantId": "blue"}, "NotImplemented"),
        ("node", "{}", {"InvocationType": "Event"}, "ValidationException"),
    ],
)
def test_what_prevents_an_invocation_is_an_error(api, name, payload, more, error):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        api.invoke_with_response_stream(FunctionName=name, Payload=payload, **more)
    assert error in refused.value.response["Error"]["Code"] + refused.value.response["Error"]["Message"]


@pytest.mark.parametrize("mode, body, type, message", [("early", b"", "TypeError", "too early"), ("late", b"somemore", "RangeError", "too late")])
def test_errors(api, server, name, mode, body, type, message):
    server.deploy(name, {"app.js": NODE}, runtime="nodejs20.x", MemorySize=1769)
    answer = invoke(api, name, {"mode": mode})
    got, complete = read(answer)
    assert got == body and details(complete)["errorType"] == type and details(complete)["errorMessage"] == message
    serves_on(api, server, name, answer)


@pytest.mark.parametrize("mode, type", [("uncaught", "RangeError"), ("exit", "Runtime.ExitError")])
def test_the_runtime_ends_in_mid_stream(api, server, name, mode, type):
    server.deploy(name, {"app.js": NODE}, runtime="nodejs20.x", Timeout=60, MemorySize=1769)
    events = iter(invoke(api, name, {"mode": mode, "word": "go"})["EventStream"])
    assert next(events) == {"PayloadChunk": {"Payload": b"some"}}
    tell(api, name, "go")
    (complete,) = list(events)
    assert details(complete["InvokeComplete"])["errorType"] == type
    assert read(invoke(api, name, {"mode": "served"})) == (b"1", {})


def test_time_out_in_mid_stream(api):
    body, complete = read(invoke(api, "short", {"mode": "hang"}, LogType="Tail"))
    assert body == b"some" and details(complete)["errorType"] == "Sandbox.Timedout"
    assert details(complete)["errorMessage"].endswith("Error: Task timed out after 2.00 seconds")
    assert "Status: timeout" in base64.b64decode(complete["LogResult"]).decode()
    assert read(invoke(api, "short", {"mode": "served"})) == (b"1", {})


@pytest.mark.parametrize("mode, type", [("forgotten", "Runtime.NodeJsExit"), ("destroyed", "Error")])
def test_a_stream_that_never_ends(api, mode, type):
    body, complete = read(invoke(api, "node", {"mode": mode}))
    assert body == b"some" and details(complete)["errorType"] == type


def test_what_is_written(api):
    assert read(invoke(api, "node", {"mode": "empty"})) == (b"", {})
    assert read(invoke(api, "node", {"mode": "object"})) == (b'{"a":1}', {})
    body, complete = read(invoke(api, "node", {"mode": "http"}))
    head, _, rest = body.partition(b"\0" * 8)
    assert json.loads(head) == {"statusCode": 418, "headers": {"x-tea": "pot"}, "cookies": ["a=b"]}
    assert rest == b"body" and complete == {}
    body, complete = read(invoke(api, "sync", {}))
    assert details(complete)["errorMessage"] == "Streaming does not support non-async handlers."


def test_the_answer_is_complete_before_the_handler_returns(api, server, name):
    assert read(invoke(api, "node", {"mode": "afterwards", "word": name})) == (b"all", {})
    tell(api, "node", name)
    assert logged(server, "node", "and more")


def test_a_hundred_megabytes(api, server):
    hash, size = hashlib.sha256(), 0
    answer = invoke(api, "node", {"mode": "fill", "megabytes": 100})
    for event in answer["EventStream"]:
        if "PayloadChunk" in event:
            hash.update(event["PayloadChunk"]["Payload"])
            size += len(event["PayloadChunk"]["Payload"])
    assert event == {"InvokeComplete": {}} and size == 100 << 20
    assert logged(server, "node", r"wrote %d (\w+)" % size)[1] == hash.hexdigest()


# What the kernel keeps for two connections, and what Martlet does for one stream.
LARGEST_BACKLOG = 40 << 20


def test_a_client_that_does_not_read_makes_the_handler_wait(api, server, name):
    server.deploy(name, {"app.js": NODE}, runtime="nodejs20.x", Timeout=120, MemorySize=1769)
    answer = invoke(api, name, {"mode": "fill", "megabytes": 64})
    assert int(logged(server, name, r"waits after (\d+)")[1]) < LARGEST_BACKLOG
    body, complete = read(answer)
    assert complete == {} and logged(server, name, r"wrote \d+ (\w+)")[1] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("secure", [True, False])
def test_http_2(server, secure):
    events = post_http2(server, secure, "node", {"mode": "chunks", "chunks": ["a" * 100_000, "b"]})
    assert b"".join(payload for _, payload in events[:-1]) == b"a" * 100_000 + b"b"
    assert events[-1] == ("InvokeComplete", b"{}")


def post_http2(server, secure, name, event, meanwhile=lambda: None):
    context = ssl.create_default_context(cafile=server.authority)
    url = server.secure_url if secure else server.url
    with httpx.Client(http2=True, http1=False, base_url=url, verify=context, trust_env=False, timeout=120) as client:
        path = "/2021-11-15/functions/%s/response-streaming-invocations" % name
        with client.stream("POST", path, json=event) as answer:
            assert answer.http_version == "HTTP/2" and answer.status_code == 200
            assert answer.headers["content-type"] == CONTENT_TYPE and "transfer-encoding" not in answer.headers
            meanwhile()
            buffer = botocore.eventstream.EventStreamBuffer()
            events = []
            for data in answer.iter_raw():
                buffer.add_data(data)
                events += [(event.headers[":event-type"], event.payload) for event in buffer]
    return events


def test_a_client_with_http_2_that_does_not_read_makes_the_handler_wait(server, name):
    server.deploy(name, {"app.js": NODE}, runtime="nodejs20.x", Timeout=120, MemorySize=1769)
    waited = []
    events = post_http2(
        server, False, name, {"mode": "fill", "megabytes": 64}, lambda: waited.append(int(logged(server, name, r"waits after (\d+)")[1]))
    )
    # The window of the stream, not the kernel's buffers, is what fills here; before it one connection's do.
    assert waited[0] < LARGEST_BACKLOG
    body = b"".join(payload for _, payload in events[:-1])
    assert len(body) == 64 << 20 and logged(server, name, r"wrote \d+ (\w+)")[1] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("http", [1, 2])
def test_a_client_that_leaves_does_not_end_the_function(api, server, name, http):
    server.deploy(name, {"app.js": NODE}, runtime="nodejs20.x", Timeout=120, MemorySize=1769)
    event = {"mode": "fill", "megabytes": 64}
    if http == 1:
        answer = invoke(api, name, event)
        logged(server, name, r"waits after (\d+)")
        answer["EventStream"].close()
    else:
        with httpx.Client(http2=True, http1=False, base_url=server.url, trust_env=False, timeout=120) as client:
            with client.stream("POST", "/2021-11-15/functions/%s/response-streaming-invocations" % name, json=event) as stream:
                logged(server, name, r"waits after (\d+)")
        answer = {"ResponseMetadata": {"RequestId": stream.headers["x-amzn-requestid"]}}
    assert int(logged(server, name, r"wrote (\d+)")[1]) == 64 << 20
    serves_on(api, server, name, answer)


def test_time_out_while_the_client_does_not_read(api, server, name):
    server.deploy(name, {"app.js": NODE}, runtime="nodejs20.x", Timeout=4, MemorySize=1769)
    answer = invoke(api, name, {"mode": "fill", "megabytes": 64})
    logged(server, name, r"waits after (\d+)")
    logged(server, name, "Task timed out")
    # What had left the function still comes, and then what became of it.
    body, complete = read(answer)
    assert 0 < len(body) < LARGEST_BACKLOG and details(complete)["errorType"] == "Sandbox.Timedout"
    assert read(invoke(api, name, {"mode": "served"})) == (b"1", {})


def test_clients_that_do_not_read_cost_little_memory(api, server, name, figure):
    server.deploy(name, {"bootstrap": CUSTOM}, runtime="provided.al2023", handler="x", Timeout=60)
    read(invoke(api, name, {"mode": "chunked"}))
    megabytes = 40 if os.environ.get("MARTLET_LONG") == "1" else 16
    before = resident(server)
    streams = [iter(invoke(api, name, {"mode": "fill", "megabytes": megabytes})["EventStream"]) for _ in range(8)]
    sizes = [len(next(stream)["PayloadChunk"]["Payload"]) for stream in streams]
    # Until nothing moves any more.
    wait_until(lambda: network(server) == (time.sleep(1), network(server))[1])
    figure("memory of a stream that nobody reads, in KB", (resident(server) - before) // 8 // 1024)
    assert resident(server) - before < 8 * (4 << 20)
    for stream, size in zip(streams, sizes):
        events = list(stream)
        assert size + sum(len(event["PayloadChunk"]["Payload"]) for event in events[:-1]) == megabytes << 20
        assert events[-1] == {"InvokeComplete": {}}


def resident(server):
    """Bytes of memory that the server has."""
    with open("/proc/%d/status" % server.process.pid) as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * 1024


def network(server):
    """What the server has read and written so far."""
    with open("/proc/%d/io" % server.process.pid) as io:
        return io.read()


def test_a_client_that_leaves_before_the_answer_begins(api, server, name):
    server.deploy(name, {"app.js": NODE}, runtime="nodejs20.x", Timeout=60)
    body = json.dumps({"mode": "late-talk", "word": "go"}).encode()
    head = "POST /2021-11-15/functions/%s/response-streaming-invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall((head % (name, len(body))).encode() + body)
        logged(server, name, "begins")
    tell(api, name, "go")
    logged(server, name, "REPORT RequestId")
    assert read(invoke(api, name, {"mode": "served"})) == (b"2", {})


def heard(server, pattern):
    return logged(server, "custom", "heard " + pattern)


def test_runtime_api(api, server):
    assert read(invoke(api, "custom", {"mode": "chunked"})) == (b"onetwo", {})
    assert heard(server, r'202 {"status":"OK"}')
    # Not only chunked bodies can be streamed.
    assert read(invoke(api, "custom", {"mode": "length"})) == (b"onetwo", {})
    body, complete = read(invoke(api, "custom", {"mode": "other"}))
    assert body.startswith(b"400 ") and b"InvalidRequestID" in body and complete == {}
    assert read(invoke(api, "custom", {"mode": "twice"})) == (b"some", {})
    assert heard(server, r"202 \S+ 400 .*InvalidRequestID")


@pytest.mark.parametrize(
    "type, body, expected",
    [
        ("Custom.Error", '{"errorType":"Custom.Error","errorMessage":"é"}', {"errorType": "Custom.Error", "errorMessage": "é"}),
        ("Custom.Error", None, {"errorType": "Custom.Error"}),
        (None, '{"errorMessage":"x"}', {"errorMessage": "x"}),
    ],
)
def test_trailers_report_errors(api, type, body, expected):
    trailers = [("Lambda-Runtime-Function-Error-Type", type)] if type else []
    if body:
        trailers.append(("Lambda-Runtime-Function-Error-Body", base64.b64encode(body.encode()).decode()))
    got, complete = read(invoke(api, "custom", {"mode": "trailers", "trailers": trailers}))
    assert (got, details(complete)) == (b"some", expected)
    answer = api.invoke(FunctionName="custom", Payload=json.dumps({"mode": "trailers", "trailers": trailers}))
    assert answer["FunctionError"] == "Unhandled" and json.loads(answer["Payload"].read()) == expected


@pytest.mark.parametrize("mode, body", [("cut", b"someno"), ("broken", b"")])
def test_an_answer_that_breaks_off(api, mode, body):
    got, complete = read(invoke(api, "custom", {"mode": mode}))
    assert got == body and details(complete)["errorType"] in ("Runtime.TruncatedResponse", "Runtime.ExitError")
    assert read(invoke(api, "custom", {"mode": "chunked"})) == (b"onetwo", {})


def test_two_hundred_megabytes_and_no_more(api, server):
    size = 0
    for event in invoke(api, "custom", {"mode": "fill", "megabytes": 201})["EventStream"]:
        size += len(event["PayloadChunk"]["Payload"]) if "PayloadChunk" in event else 0
    assert size == 209_715_200
    assert details(event["InvokeComplete"]) == {
        "errorMessage": "Response payload size exceeded maximum allowed payload size (209715200 bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }
    assert heard(server, "413 .*209715200 bytes")
    assert read(invoke(api, "custom", {"mode": "chunked"})) == (b"onetwo", {})
