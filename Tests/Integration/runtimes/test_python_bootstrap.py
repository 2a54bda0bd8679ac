"""The Python bootstrap against a Runtime API of the test's own, with each interpreter that is here."""

import json
import re

import pytest

ECHO = """
def handler(event, context):
    return event
"""


@pytest.mark.parametrize("chunked", [False, True])
def test_answers_on_one_connection_in_one_write(start_python, chunked):
    function = start_python(ECHO, chunked=chunked)
    for event in [{"a": 1}, [1, 2.5, None, True, "é\u2028"], "x", None, {"big": "x" * 3_000_000}]:
        exchange = function.invoke(event)
        assert exchange.kind == "response" and exchange.json == event
        assert exchange.answer_headers["content-type"] == "application/json"
    assert function.api.connections == 1
    assert function.api.pipelined >= 3
    assert function.stop().process.returncode == 0
    assert function.output == ""


def test_context(start_python):
    function = start_python(
        """
        def handler(event, context):
            client = context.client_context
            return {
                "name": context.function_name, "version": context.function_version, "arn": context.invoked_function_arn,
                "memory": context.memory_limit_in_mb, "id": context.aws_request_id, "group": context.log_group_name,
                "stream": context.log_stream_name, "left": context.get_remaining_time_in_millis(),
                "tenant": context.tenant_id, "identity": context.identity.cognito_identity_id,
                "pool": context.identity.cognito_identity_pool_id, "custom": client and client.custom,
                "env": client and client.env, "title": client and client.client and client.client.app_title,
                "w3c": context.w3c(), "trace": __import__("os").environ["_X_AMZN_TRACE_ID"], "text": repr(context),
            }
        """
    )
    plain = function.invoke({}).json
    assert plain["name"] == "sample" and plain["version"] == "$LATEST" and plain["memory"] == "128"
    assert plain["group"] == "/aws/lambda/sample" and plain["stream"].startswith("2026/01/01/[$LATEST]")
    assert 20_000 < plain["left"] <= 30_000
    assert plain["tenant"] is None and plain["identity"] is None and plain["custom"] is None and plain["w3c"] == {}
    assert plain["trace"].startswith("Root=1-5759e988") and plain["text"].startswith("LambdaContext([aws_request_id=")
    client = {"client": {"app_title": "t"}, "custom": {"k": "é"}, "env": {"e": 1}, "w3c": {"traceparent": "00-1", "x": "y"}}
    full = function.invoke(
        {},
        headers={
            "Lambda-Runtime-Client-Context": json.dumps(client, ensure_ascii=True),
            "Lambda-Runtime-Cognito-Identity": json.dumps({"cognitoIdentityId": "i", "cognitoIdentityPoolId": "p"}),
            "Lambda-Runtime-Aws-Tenant-Id": "blue",
            "Lambda-Runtime-Deadline-Ms": "1",
        },
    ).json
    assert full["left"] == 0 and full["tenant"] == "blue" and full["identity"] == "i" and full["pool"] == "p"
    assert full["custom"] == {"k": "é"} and full["env"] == {"e": 1} and full["title"] == "t"
    assert full["w3c"] == {"traceparent": "00-1"}
    assert full["id"] != plain["id"]


@pytest.mark.parametrize(
    "handler, files",
    [
        ("app.handler", {}),
        ("folder/app.handler", {"folder/app.py": ECHO}),
        ("package.inner.app.handler", {"package/__init__.py": "", "package/inner/app.py": ECHO}),
    ],
)
def test_finds_handlers(start_python, handler, files):
    assert start_python(ECHO, handler, files=files).invoke([1]).json == [1]


@pytest.mark.parametrize(
    "handler, code, kind, message",
    [
        ("nothing.handler", "", "Runtime.ImportModuleError", "Unable to import module 'nothing': No module named 'nothing'"),
        ("app.handler", "import nowhere", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'nowhere'"),
        ("app.missing", ECHO, "Runtime.HandlerNotFound", "Handler 'missing' missing on module 'app'"),
        (
            "app",
            ECHO,
            "Runtime.MalformedHandlerName",
            "Bad handler 'app': not enough values to unpack (expected 2, got 1)",
        ),
        (
            "sys.exit",
            ECHO,
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module sys as a handler module",
        ),
    ],
)
def test_handler_errors(start_python, handler, code, kind, message):
    function = start_python(code, handler)
    assert function.wait_init_error() == {"errorMessage": message, "errorType": kind, "requestId": "", "stackTrace": []}
    assert function.api.init_error_type == kind
    assert function.process.wait(10) == 1
    assert function.stop().output == "[ERROR] %s: %s\rTraceback (most recent call last):\n" % (kind, message)


def test_syntax_error(start_python):
    function = start_python("def handler(event, context)\n    return 1\n")
    error = function.wait_init_error()
    assert error["errorType"] == "Runtime.UserCodeSyntaxError"
    assert re.match(r"Syntax error in module 'app': .* \(app.py, line 1\)", error["errorMessage"])
    path = str(function.folder / "app.py")
    assert error["stackTrace"] == ['  File "%s" Line 1\n    def handler(event, context)\n' % path]


def test_error_at_import(start_python):
    function = start_python("raise Exception('Runtime startup fails')")
    error = function.wait_init_error()
    assert (error["errorMessage"], error["errorType"], error["requestId"]) == ("Runtime startup fails", "Exception", "")
    assert "importlib/__init__.py" in error["stackTrace"][0]
    assert error["stackTrace"][-1].endswith("line 1, in <module>\n    raise Exception('Runtime startup fails')\n")


def test_handler_raises(start_python):
    function = start_python(
        """
        def inner():
            raise ValueError("some text")

        def handler(event, context):
            if event == "again":
                return "fine"
            inner()
        """
    )
    exchange = function.invoke({})
    path = str(function.folder / "app.py")
    assert exchange.kind == "error"
    error = exchange.json
    frames = ['  File "%s", line 8, in handler\n    inner()\n', '  File "%s", line 3, in inner\n    raise ValueError("some text")\n']
    assert error == {
        "errorMessage": "some text",
        "errorType": "ValueError",
        "requestId": exchange.request_id,
        "stackTrace": [frame % path for frame in frames],
    }
    assert list(error) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert exchange.answer_headers["lambda-runtime-function-error-type"] == "ValueError"
    cause = json.loads(exchange.answer_headers["lambda-runtime-function-xray-error-cause"])
    assert cause["exceptions"][0]["stack"][0] == {"label": "handler", "path": path, "line": 8}
    assert function.invoke("again").json == "fine"
    lines = function.stop().output.split("\r")
    assert lines[:2] == ["[ERROR] ValueError: some text", "Traceback (most recent call last):"]
    assert lines[2] == '\u00a0\u00a0File "%s", line 8, in handler' % path
    assert lines[3] == "\u00a0\u00a0\u00a0\u00a0inner()"


@pytest.mark.parametrize("name", ["Ünwanted", "Plain"])
def test_error_names_and_texts_that_no_header_can_hold(start_python, name):
    function = start_python(
        """
        class %s(Exception):
            pass

        def handler(event, context):
            raise %s("line\\r\\nline é \\ud800")
        """
        % (name, name)
    )
    error = function.invoke({}).json
    assert error["errorType"] == name and error["errorMessage"].startswith("line\r\nline é ")
    assert function.invoke({}).kind == "error"


def test_unmarshal_and_context_errors(start_python):
    function = start_python(ECHO)
    error = function.invoke(b"{broken").json
    assert error["errorType"] == "Runtime.UnmarshalError"
    assert error["errorMessage"].startswith("Unable to unmarshal input: Expecting property name enclosed in double quotes")
    assert error["stackTrace"] == []
    error = function.invoke({}, headers={"Lambda-Runtime-Client-Context": "{"}).json
    assert error["errorType"] == "Runtime.LambdaContextUnmarshalError"
    assert error["errorMessage"].startswith("Unable to parse Client Context JSON: ")
    assert function.invoke({"still": "here"}).json == {"still": "here"}


def test_answers_as_json(start_python):
    function = start_python(
        """
        import collections, decimal, enum, uuid
        Point = collections.namedtuple("Point", "x y")
        class Number(enum.IntEnum):
            one = 1
        values = {
            "decimal": {"price": decimal.Decimal("1.10"), "all": [decimal.Decimal(3), decimal.Decimal("NaN")]},
            "point": [Point(1, Point(2, 3))], "tuple": (1, 2), "keys": {1: 2, None: 3, True: 4, 1.5: 5}, "enum": Number.one,
            "unicode": "é\\u2028", "nan": float("nan"), "inside": {"b": b"abc"}, "set": {1}, "id": uuid.UUID(int=1),
        }
        loop = values["loop"] = []
        loop.append(loop)
        def handler(event, context):
            return values[event]
        """
    )
    version = start_python.version
    assert function.invoke("decimal").answer == b'{"price": 1.10, "all": [3, NaN]}'
    assert function.invoke("point").answer == b'[{"x": 1, "y": {"x": 2, "y": 3}}]'
    assert function.invoke("tuple").answer == b"[1, 2]"
    assert function.invoke("keys").answer == b'{"1": 4, "null": 3, "1.5": 5}'
    assert function.invoke("enum").answer == b"1"
    assert function.invoke("unicode").answer == (rb'"\u00e9\u2028"' if version < (3, 12) else '"é\\u2028"'.encode())
    assert function.invoke("nan").answer == b"NaN"
    assert function.invoke("inside").answer == b'{"b": "abc"}'
    for event, message in [
        ("set", "Object of type set is not JSON serializable"),
        ("id", "Object of type UUID is not JSON serializable"),
        ("loop", "Circular reference detected"),
    ]:
        error = function.invoke(event).json
        assert error["errorType"] == "Runtime.MarshalError"
        assert error["errorMessage"] == "Unable to marshal response: " + message
        assert error["stackTrace"] == []


def test_bytes_are_sent_as_they_are(start_python):
    exchange = start_python("def handler(event, context): return b'\\x00\\xff'").invoke()
    assert exchange.answer == b"\x00\xff"
    assert exchange.answer_headers["content-type"] == "application/unknown"


def test_exit_ends_the_process_and_the_output_is_complete(start_python):
    function = start_python("import sys\ndef handler(event, context):\n    print('last words', end='')\n    sys.exit(3)")
    assert function.invoke().kind == "exit"
    assert function.stop().process.returncode == 3
    assert function.output == "last words"


def test_print_is_seen_before_the_answer(start_python):
    function = start_python("def handler(event, context):\n    print('a line')\n    print('half', end='')\n    return 1")
    function.invoke()
    assert function.stop().output == "a line\nhalf"


LOGGING = """
import logging
logger = logging.getLogger("mine")
def handler(event, context):
    logging.getLogger().setLevel(event.get("level", "WARNING"))
    logger.debug("quiet")
    logger.info("two\\nlines %s", 1)
    logger.warning("careful", extra={"order": 7})
    try:
        1 / 0
    except ZeroDivisionError:
        logger.exception("bad")
    context.log("raw\\n")
"""
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"


def test_logging_as_text(start_python):
    function = start_python(LOGGING)
    exchange = function.invoke({"level": "INFO"})
    lines = function.stop().output.split("\n")
    start = r"\t%s\.\d{3}Z\t%s\t" % (STAMP, exchange.request_id)
    assert re.fullmatch(r"\[INFO\]" + start + "two", lines[0]) and lines[1] == "lines 1"
    assert re.fullmatch(r"\[WARNING\]" + start + "careful", lines[2])
    assert re.fullmatch(r"\[ERROR\]" + start + "bad", lines[3])
    assert lines[4] == "Traceback (most recent call last):"
    assert lines[-3:] == ["ZeroDivisionError: division by zero", "raw", ""]


def test_logging_in_frames(start_python):
    function = start_python(LOGGING + "    print('plain')\n    raise KeyError('k')\n", framed=True)
    exchange = function.invoke({"level": "INFO"})
    function.stop()
    assert function.output == "plain\n"
    kinds, texts = zip(*function.frames)
    assert [hex(kind) for kind in kinds] == ["0xa55a0003"] * 4 + ["0xa55a0017"]
    assert re.fullmatch(r"\[INFO\]\t.*\ttwo\nlines 1\n", texts[0]) and exchange.request_id in texts[0]
    assert texts[2].startswith("[ERROR]") and texts[2].endswith("ZeroDivisionError: division by zero")
    assert texts[4].startswith("[ERROR] KeyError: 'k'\nTraceback (most recent call last):\n\u00a0\u00a0File")


def test_logging_as_json(start_python):
    environment = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
    function = start_python(LOGGING.replace("logging.getLogger().setLevel", "str"), environment=environment, framed=True)
    exchange = function.invoke({}, headers={"Lambda-Runtime-Aws-Tenant-Id": "blue"})
    function.stop()
    kinds, texts = zip(*function.frames)
    assert [hex(kind) for kind in kinds] == ["0xa55a000e", "0xa55a0012", "0xa55a0016", "0xa55a0003"]
    info, warning, error = map(json.loads, texts[:3])
    assert re.fullmatch(STAMP + "Z", info.pop("timestamp"))
    identity = {"logger": "mine", "requestId": exchange.request_id, "tenantId": "blue"}
    assert info == {"level": "INFO", "message": "two\nlines 1", **identity}
    assert warning["order"] == 7 and warning["level"] == "WARNING"
    assert error["errorType"] == "ZeroDivisionError" and error["errorMessage"] == "division by zero"
    assert error["location"] == "%s:handler:12" % (function.folder / "app.py")
    assert error["stackTrace"][0].startswith('  File "')


def test_errors_as_json(start_python):
    function = start_python("def handler(event, context): raise KeyError('k')", environment={"AWS_LAMBDA_LOG_FORMAT": "JSON"})
    exchange = function.invoke({})
    logged = json.loads(function.stop().output)
    assert re.fullmatch(STAMP + "Z", logged.pop("timestamp")) and logged.pop("level") == "ERROR"
    assert logged == exchange.json


def test_root_logger_has_one_handler_even_when_logging_was_never_imported(start_python):
    function = start_python(
        """
        import sys
        early = "logging" in sys.modules
        def handler(event, context):
            import logging
            root = logging.getLogger()
            return [early, [type(one).__name__ for one in root.handlers], logging.getLevelName(root.level)]
        """,
        environment={"AWS_LAMBDA_LOG_LEVEL": "TRACE"},
    )
    assert function.invoke().json == [False, ["LambdaLoggerHandler"], "DEBUG"]


def test_search_path(start_python):
    function = start_python("import sys\ndef handler(event, context): return [sys.path, 'exit' in dir(__builtins__) or exit is not None]")
    path, has_exit = function.invoke().json
    version = "python%d.%d" % start_python.version
    assert path[:3] == [str(function.folder), "/opt/python/lib/%s/site-packages" % version, "/opt/python"]
    assert path[3].endswith("Runtimes/python") and has_exit
    assert any("-packages" in folder for folder in path[4:])
