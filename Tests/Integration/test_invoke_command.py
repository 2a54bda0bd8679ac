"""`martlet invoke --stream`: the parts of an answer on standard output as they come, and everything else on standard error."""

import json

import pytest
from martlet import function_arn
from streaming_functions import NODE


def deploy(server, name):
    return server.deploy(name, {"app.js": NODE}, runtime="nodejs20.x", Timeout=60, MemorySize=1769)


@pytest.fixture(scope="module")
def function(server):
    deploy(server, "invoke-command")
    return "invoke-command"


def words(function, event, *more):
    return ("invoke", function, "--payload", json.dumps(event), "--stream", *more)


def test_parts_are_printed_while_the_function_runs(server, name):
    api = deploy(server, name)
    command = server.begin(*words(name, {"mode": "talk", "word": "go"}))
    assert command.stdout.read(5) == b"first" and command.poll() is None
    api.tag_resource(Resource=function_arn(name), Tags={"go": "1"})
    assert command.communicate(timeout=60) == (b"second", b"") and command.returncode == 0


def test_an_error_after_the_first_part(server, function):
    done = server.run(*words(function, {"mode": "late"}))
    assert (done.returncode, done.stdout) == (1, "somemore")
    code, _, details = done.stderr.partition(": ")
    assert code == "Unhandled" and json.loads(details)["errorType"] == "RangeError"


def test_the_log(server, function):
    done = server.run(*words(function, {"mode": "chunks", "chunks": ["a", "é", "\n"]}, "--log", "--qualifier", "$LATEST"))
    assert (done.returncode, done.stdout) == (0, "aé\n") and "REPORT RequestId" in done.stderr


def test_what_cannot_be_invoked(server, name):
    done = server.run(*words(name, {}))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("martlet: ResourceNotFoundException: Function not found")


def test_an_answer_that_breaks_off(martlet):
    server = martlet("--stems", "off").start()
    deploy(server, "f")
    command = server.begin(*words("f", {"mode": "talk", "word": "never"}))
    assert command.stdout.read(5) == b"first"
    server.kill9()
    assert command.communicate(timeout=60) == (b"", b"martlet: The answer broke off before it was complete.\n")
    assert command.returncode == 1
