"""Invocations in their plainest form take a shortcut through the server. Whoever calls must not be able to tell."""

import json
import re
import socket
import threading
import uuid

import pytest
from martlet import wait_until, zip_package

CODE = """
import os

def handler(event, context):
    if event == "fail":
        raise ValueError("no")
    if event == "exit":
        os._exit(3)
    print("saw", event)
    return [event, context.invoked_function_arn, context.function_version]
"""
SIGNED = "AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0"


@pytest.fixture(scope="module")
def server(module_martlet):
    return module_martlet


@pytest.fixture(scope="module")
def module_martlet(tmp_path_factory):
    from martlet import Martlet

    server = Martlet(tmp_path_factory.mktemp("plain")).start()
    client = server.client("lambda")
    client.create_function(
        FunctionName="f", Runtime="python3.11", Handler="app.handler", Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": zip_package({"app.py": CODE})}, Publish=True)
    client.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    yield server
    server.stop()


def request(server, body=b'"x"', name="f", query="", headers=(), key="test"):
    signature = () if key is None else ("Authorization: " + SIGNED % key, "X-Amz-Date: 20260101T000000Z")
    head = [
        "POST /2015-03-31/functions/%s/invocations%s HTTP/1.1" % (name, query), "Host: localhost:%d" % server.port,
        *signature, "Content-Length: %d" % len(body), *headers,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class Connection:
    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.bytes = b""

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        """Status, headers without those that differ each time, body."""
        while b"\r\n\r\n" not in self.bytes:
            self._more()
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:])
        length = int(headers.pop("Content-Length", 0))
        while len(self.bytes) < length:
            self._more()
        body, self.bytes = self.bytes[:length], self.bytes[length:]
        request_id = headers.pop("x-amzn-RequestId")
        assert re.fullmatch(r"[0-9a-f-]{36}", request_id)
        body = body.replace(request_id.encode(), b"ID")
        headers.pop("Date")
        log = headers.pop("X-Amz-Log-Result", None)
        return lines[0], headers, body, log is not None

    def ask(self, data):
        self.send(data)
        return self.answer()

    def _more(self):
        data = self.socket.recv(65536)
        assert data, "the connection was closed: %r" % self.bytes
        self.bytes += data


# A header that the shortcut does not know and that changes nothing: the request takes the long way.
LONG_WAY = ("X-Amz-Unknown: 1",)


@pytest.mark.parametrize(
    "arguments",
    [
        {}, {"body": b""}, {"body": b'{"a": [1, 2]}'}, {"query": "?Qualifier=1"}, {"query": "?Qualifier=live"},
        {"query": "?Qualifier=$LATEST"}, {"query": "?Qualifier=%24LATEST"}, {"query": "?Qualifier=none"},
        {"query": "?Qualifier="}, {"name": "missing"}, {"name": "f%3Alive"}, {"name": "a" * 65}, {"name": "f.g"},
        {"body": b'"fail"'}, {"body": b"{"}, {"body": b"nonsense"}, {"body": b"\xff"}, {"key": "111122223333"}, {"key": None},
        {"key": None, "headers": ("Authorization: ",)}, {"key": None, "headers": ("Authorization: Bearer x",)},
        {"headers": ("X-Amz-Log-Type: Tail",)}, {"headers": ("X-Amz-Log-Type: None",)},
        {"headers": ("X-Amz-Log-Type: Other",)}, {"headers": ("X-Amz-Invocation-Type: RequestResponse",)},
        {"headers": ("X-Amz-Invocation-Type: DryRun",)}, {"headers": ("X-Amz-Invocation-Type: Event",)},
        {"headers": ("X-Amz-Client-Context: e30=",)}, {"headers": ("Content-Type: application/json",)},
        {"headers": ("Content-Type: application/x-www-form-urlencoded",)},
        {"headers": ("X-Amzn-Trace-Id: Root=1-2-3;Sampled=1",)},
        {"headers": ("X-Amz-Content-Sha256: UNSIGNED-PAYLOAD",)}, {"headers": ("Authorization: again",)},
        {"headers": ("User-Agent: plain", "Accept-Encoding: identity", "amz-sdk-request: attempt=1")},
    ],
    ids=str,
)
def test_both_ways_answer_alike(server, arguments):
    short, long = Connection(server), Connection(server)
    short.ask(request(server))
    headers = arguments.pop("headers", ())
    plain = [short.ask(request(server, headers=headers, **arguments)) for _ in range(2)]
    other = long.ask(request(server, headers=headers + LONG_WAY, **arguments))
    assert plain == [other, other]


@pytest.mark.parametrize(
    "files, reserved, body",
    [
        ({"app.py": CODE}, None, b'"x"'), ({"app.py": CODE}, None, b'"exit"'), ({"app.py": CODE}, 0, b'"x"'),
        ({"app.py": "raise RuntimeError('not today')"}, None, b'"x"'), ({"other.py": CODE}, None, b'"x"'),
    ],
    ids=["answers", "exits", "is refused", "fails to load", "has no handler"],
)
@pytest.mark.parametrize("headers", [(), ("X-Amz-Log-Type: Tail",)], ids=["", "with its log"])
def test_first_invocations_are_answered_alike_both_ways(server, files, reserved, body, headers):
    client = server.client("lambda")
    answers = []
    for way in ((), LONG_WAY):
        name = "first-" + uuid.uuid4().hex
        client.create_function(
            FunctionName=name, Runtime="python3.11", Handler="app.handler", Role="arn:aws:iam::000000000000:role/r",
            Code={"ZipFile": zip_package(files)})
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
        if reserved is not None:
            client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
        status, fields, content, has_log = Connection(server).ask(request(server, body, name, headers=headers + way))
        content = re.sub(rb"[0-9.]+ seconds|line \d+", b"", content.replace(name.encode(), b"NAME"))
        answers.append((status, fields, content, has_log))
    assert answers[0] == answers[1]


def test_who_signs_may_change_on_a_connection(server):
    connection = Connection(server)
    statuses = [connection.ask(request(server, key=key))[0][9:12] for key in ("test", "111122223333", None) * 2]
    assert statuses == ["200", "404", "200"] * 2


def test_web_pages_have_no_short_way(server):
    connection = Connection(server)
    connection.ask(request(server))
    assert connection.ask(request(server, headers=("Origin: http://evil.example",)))[0] == "HTTP/1.1 403 Forbidden"


def test_a_body_may_come_later(server):
    connection = Connection(server)
    whole = request(server, b'"' + b"x" * 1000 + b'"')
    for cut in (len(whole) - 1002, len(whole) - 500, 40):
        connection.send(whole[:cut])
        connection.send(whole[cut:])
        assert json.loads(connection.answer()[2])[0] == "x" * 1000


@pytest.mark.parametrize("size", [30_000, 40_000, 200_000, 3_000_000])
def test_payloads_of_any_size(server, size):
    connection = Connection(server)
    body = json.dumps("y" * size).encode()
    for _ in range(2):
        assert json.loads(connection.ask(request(server, body))[2])[0] == "y" * size


def test_pipelined_requests_are_answered_in_order(server):
    connection = Connection(server)
    connection.ask(request(server))
    bodies = [json.dumps(number).encode() for number in range(8)]
    connection.send(b"".join(request(server, body) for body in bodies))
    assert [json.loads(connection.answer()[2])[0] for _ in bodies] == list(range(8))
    assert json.loads(connection.ask(request(server))[2])[0] == "x"


def test_other_requests_may_come_between(server):
    connection = Connection(server)
    get = b"GET /2015-03-31/functions/f HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + (SIGNED % "test").encode() + b"\r\n\r\n"
    for _ in range(3):
        assert json.loads(connection.ask(request(server))[2])[0] == "x"
        assert json.loads(connection.ask(get)[2])["Configuration"]["FunctionName"] == "f"
        assert json.loads(connection.ask(request(server, headers=LONG_WAY))[2])[0] == "x"


def test_who_closes_his_side_still_gets_the_answer(server):
    connection = Connection(server)
    connection.ask(request(server))
    connection.send(request(server))
    connection.socket.shutdown(socket.SHUT_WR)
    assert json.loads(connection.answer()[2])[0] == "x"
    assert connection.socket.recv(1) == b""


def test_a_crash_is_answered_and_the_next_invocation_runs(server):
    connection = Connection(server)
    connection.ask(request(server))
    status, headers, body, _ = connection.ask(request(server, b'"exit"'))
    assert status == "HTTP/1.1 200 OK" and headers["X-Amz-Function-Error"] == "Unhandled"
    assert json.loads(body)["errorType"] == "Runtime.ExitError"
    assert json.loads(connection.ask(request(server))[2])[0] == "x"


def test_a_change_is_seen_by_the_next_invocation(server):
    client = server.client("lambda")
    client.create_function(
        FunctionName="changing", Runtime="python3.11", Handler="app.handler", Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": zip_package({"app.py": "def handler(event, context): return 0"})})
    client.get_waiter("function_active_v2").wait(FunctionName="changing", WaiterConfig={"Delay": 1})
    connection = Connection(server)
    for number in range(1, 4):
        assert connection.ask(request(server, name="changing"))[2] == str(number - 1).encode()
        client.update_function_code(
            FunctionName="changing", ZipFile=zip_package({"app.py": "def handler(event, context): return %d" % number}))
        assert connection.ask(request(server, name="changing"))[2] == str(number).encode()
        client.get_waiter("function_updated_v2").wait(FunctionName="changing", WaiterConfig={"Delay": 1})
    client.delete_function(FunctionName="changing")
    assert connection.ask(request(server, name="changing"))[0] == "HTTP/1.1 404 Not Found"


def test_many_at_once_each_get_their_own(server):
    failures = []

    def work(number):
        connection = Connection(server)
        for index in range(50):
            value = "%d-%d" % (number, index)
            if json.loads(connection.ask(request(server, json.dumps(value).encode()))[2])[0] != value:
                failures.append(value)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_what_it_prints_is_logged(server):
    connection = Connection(server)
    connection.ask(request(server, b'"printed"'))
    logs = server.client("logs")
    wait_until(lambda: [
        event for event in logs.filter_log_events(logGroupName="/aws/lambda/f", filterPattern="printed")["events"]])
