"""The Node.js bootstrap against a Runtime API of the test's own, with each interpreter that is here."""

import base64
import json
import re

import pytest

ECHO = "exports.handler = async (event) => event;"


@pytest.mark.parametrize("chunked", [False, True])
def test_answers_on_one_connection_in_one_write(start_node, chunked):
    function = start_node(ECHO, chunked=chunked)
    for event in [{"a": 1}, [1, 2.5, None, True, "é"], "x", None, {"big": "é" * 1_500_000}]:
        exchange = function.invoke(event)
        assert exchange.kind == "response" and exchange.json == event
        assert exchange.answer_headers["content-type"] == "application/json"
    assert function.api.connections == 1
    assert function.api.pipelined >= 3
    assert function.stop().process.returncode == 0
    assert function.output == ""


def test_context(start_node):
    function = start_node(
        """
        exports.handler = async (event, context) => ({
            ...context, left: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID, w3c: context.w3c(),
        });
        """
    )
    plain = function.invoke({}).json
    assert plain["functionName"] == "sample" and plain["functionVersion"] == "$LATEST"
    assert plain["memoryLimitInMB"] == "128" and plain["logGroupName"] == "/aws/lambda/sample"
    assert plain["logStreamName"].startswith("2026/") and plain["invokedFunctionArn"].startswith("arn:aws:lambda")
    assert 20_000 < plain["left"] <= 30_000 and plain["trace"].startswith("Root=1-5759e988")
    assert ("callbackWaitsForEmptyEventLoop" in plain) == (start_node.version < 24)
    assert "clientContext" not in plain and "identity" not in plain and "tenantId" not in plain
    client = {"custom": {"k": "é"}, "w3c": {"traceparent": "00-1", "x": "y"}}
    full = function.invoke(
        {},
        headers={
            "Lambda-Runtime-Client-Context": json.dumps(client),
            "Lambda-Runtime-Cognito-Identity": json.dumps({"cognitoIdentityId": "i"}),
            "Lambda-Runtime-Aws-Tenant-Id": "blue",
        },
    ).json
    assert full["clientContext"] == {"custom": {"k": "é"}} and full["w3c"] == {"traceparent": "00-1"}
    assert full["identity"] == {"cognitoIdentityId": "i"} and full["tenantId"] == "blue"


@pytest.mark.parametrize(
    "name, handler, code, files",
    [
        ("app.js", "app.handler", ECHO, {}),
        ("app.cjs", "app.handler", ECHO, {}),
        ("app.mjs", "app.handler", "export const handler = async (event) => event;", {}),
        ("app.js", "app.handler", "export const handler = async (event) => event;", {"package.json": '{"type": "module"}'}),
        ("app.mjs", "app.handler", "export default { handler: async (event) => event };", {}),
        ("folder/inner/app.js", "folder/inner/app.handler", ECHO, {}),
        ("app.js", "app.api.v1.handler", "exports.api = { v1: { handler: (event, context, callback) => callback(null, event) } };", {}),
        ("node_modules/app/index.js", "app.handler", ECHO, {}),
        ("app.mjs", "app.handler", "await 1; import fs from 'node:fs'; export const handler = async (event) => event;", {}),
    ],
)
def test_finds_handlers(start_node, name, handler, code, files):
    if start_node.version >= 24:
        code = code.replace("(event, context, callback) => callback(null, event)", "async (event) => event")
    assert start_node(code, handler, name=name, files=files).invoke([1]).json == [1]


@pytest.mark.parametrize(
    "handler, code, kind, message",
    [
        (
            "nothing.handler",
            ECHO,
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'nothing'\nRequire stack:\n- /var/runtime/index.mjs",
        ),
        (
            "app.handler",
            "require('nowhere')",
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'nowhere'\nRequire stack:\n- {folder}/app.js\n- /var/runtime/index.mjs",
        ),
        ("app.missing", ECHO, "Runtime.HandlerNotFound", "app.missing is undefined or not exported"),
        ("app.handler", "exports.handler = 1", "Runtime.HandlerNotFound", "app.handler is not a function"),
        ("app", ECHO, "Runtime.MalformedHandlerName", "Bad handler"),
        (
            "../app.handler",
            ECHO,
            "Runtime.MalformedHandlerName",
            "'../app.handler' is not a valid handler name. Use absolute paths when specifying root directories in handler names.",
        ),
        ("app.handler", "exports.handler = )", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected token ')'"),
        ("app.handler", "throw new TypeError('at start')", "TypeError", "at start"),
    ],
)
def test_handler_errors(start_node, handler, code, kind, message):
    function = start_node(code, handler)
    error = function.wait_init_error()
    assert list(error) == ["errorType", "errorMessage", "trace"]
    assert (error["errorType"], error["errorMessage"]) == (kind, message.replace("{folder}", str(function.folder)))
    assert error["trace"][0].startswith("%s: %s" % (kind, message.split("\n")[0]))
    assert function.api.init_error_type == kind
    assert function.process.wait(10) == 129
    line = function.stop().output
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\tundefined\tERROR\tUncaught Exception \t\{\"errorType\":\"%s\"" % kind, line)
    assert line.count("\n") == 1 and line.endswith("\n")


def test_rejection_while_starting(start_node):
    function = start_node("Promise.reject(new Error('early')); exports.handler = async () => 1;")
    error = function.wait_init_error()
    assert (error["errorType"], error["errorMessage"]) == ("Runtime.UnhandledPromiseRejection", "Error: early")
    assert function.process.wait(10) == 128


@pytest.mark.parametrize(
    "body, kind, message",
    [
        ("async () => { throw new RangeError('text') }", "RangeError", "text"),
        ("() => { throw new RangeError('text') }", "RangeError", "text"),
        ("async () => { throw 'text' }", "string", "text"),
        ("async () => { throw {a: 1} }", "object", "[object Object]"),
        ("(event, context, callback) => callback(new Error('text'))", "Error", "text"),
        ("(event, context, callback) => callback('text')", "string", "text"),
        ("(event, context) => context.fail(new Error('text'))", "Error", "text"),
        ("(event, context) => context.done('text')", "string", "text"),
        ("async () => 1n", "Error", "Unable to stringify response body"),
        (
            "async () => { throw Object.defineProperty(new Error('x'), 'message', { get() { throw 1 } }) }",
            "handled",
            "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack",
        ),
    ],
)
def test_errors(start_node, body, kind, message):
    if start_node.version >= 24:
        pytest.skip("callbacks are gone")
    function = start_node("exports.handler = (event, context, callback) => event === 'fine' ? callback(null, 'fine') : (%s)(event, context, callback);" % body)
    exchange = function.invoke({})
    assert exchange.kind == "error"
    assert (exchange.json["errorType"], exchange.json["errorMessage"]) == (kind, message)
    assert exchange.answer_headers["lambda-runtime-function-error-type"] == kind
    assert function.invoke("fine").json == "fine"
    output = function.stop().output
    assert "\t%s\tERROR\tInvoke Error \t{" % exchange.request_id in output


def test_trace_of_an_error(start_node):
    function = start_node("async function inner() { throw new Error('deep\\nline') }\nexports.handler = async () => { await inner() };")
    exchange = function.invoke()
    trace = exchange.json["trace"]
    assert trace[:2] == ["Error: deep", "line"]
    assert trace[2] == "    at inner (%s/app.js:1:32)" % function.folder
    cause = json.loads(exchange.answer_headers["lambda-runtime-function-xray-error-cause"])
    assert {"path": "%s/app.js" % function.folder, "line": 1, "label": "inner"} in cause["exceptions"][0]["stack"]


def test_unparsable_event(start_node):
    function = start_node(ECHO)
    assert function.invoke(b"{broken").json["errorType"] == "SyntaxError"
    assert function.invoke({}, headers={"Lambda-Runtime-Client-Context": "{"}).json["errorMessage"].startswith(
        "Cannot parse ClientContext as json: SyntaxError"
    )
    assert function.invoke(1).json == 1


@pytest.mark.parametrize(
    "body, kind, message, status",
    [
        ("setTimeout(() => { throw new Error('late') }, 5); await new Promise(() => {})", "Error", "late", 129),
        (
            "Promise.reject(new Error('lost')); await new Promise((done) => setTimeout(done, 1000))",
            "Runtime.UnhandledPromiseRejection",
            "Error: lost",
            128,
        ),
    ],
)
def test_errors_that_nothing_caught(start_node, body, kind, message, status):
    function = start_node("exports.handler = async () => { %s };" % body)
    exchange = function.invoke()
    assert (exchange.json["errorType"], exchange.json["errorMessage"]) == (kind, message)
    assert function.process.wait(10) == status


@pytest.mark.parametrize(
    "code, answer",
    [
        ("(event, context, callback) => { setTimeout(() => callback(null, 'late'), 20) }", "late"),
        ("(event, context, callback) => { globalThis.at = 0; setTimeout(() => { at = 1 }, 50); callback(null, {get a() { return at }}) }", {"a": 1}),
        (
            "(event, context, callback) => { context.callbackWaitsForEmptyEventLoop = false; globalThis.at = 0; "
            "setTimeout(() => { at = 1 }, 200); callback(null, {get a() { return at }}) }",
            {"a": 0},
        ),
        ("(event, context) => { setTimeout(() => context.succeed('s'), 5) }", "s"),
        ("(event, context) => context.done(null, 'd')", "d"),
        ("(event, context, callback) => { callback(null, 1); callback(null, 2) }", 1),
        ("() => {}", None),
        ("async () => {}", None),
        ("() => ({ then(resolve) { resolve('thenable') } })", "thenable"),
        ("async () => { setInterval(() => {}, 1000); return 'now' }", "now"),
    ],
)
def test_ways_to_end(start_node, code, answer):
    if start_node.version >= 24:
        pytest.skip("callbacks are gone")
    function = start_node("exports.handler = %s;" % code)
    for _ in range(2):
        exchange = function.invoke({})
        assert (exchange.kind, exchange.json) == ("response", answer)


def test_promise_that_is_never_settled(start_node):
    function = start_node("exports.handler = async (event) => event || new Promise(() => {});")
    assert function.invoke(0).json["errorType"] == "Runtime.NodeJsExit"
    assert function.invoke(5).json == 5


def test_exit(start_node):
    function = start_node("exports.handler = async () => { console.log('last words'); process.exit(3) };")
    exchange = function.invoke()
    assert exchange.kind == "exit"
    assert function.stop().process.returncode == 3
    assert function.output.endswith("\t%s\tINFO\tlast words\n" % exchange.request_id)


def test_node24_has_no_callbacks(start_node):
    environment = {"AWS_EXECUTION_ENV": "AWS_Lambda_nodejs24.x"}
    function = start_node("exports.handler = (event, context, callback) => callback(null, 1)", environment=environment)
    error = function.wait_init_error()
    assert error["errorType"] == "Runtime.CallbackHandlerDeprecated"
    assert error["errorMessage"].startswith("ERROR: AWS Lambda has removed support for callback-based function handlers")
    function = start_node("exports.handler = (event, context) => [event, Object.keys(context).includes('done')]", environment=environment)
    assert function.invoke(1).json == [1, False]


CONSOLE = """
exports.handler = async () => {
    console.log("two\\nlines %d", 1, {a: 1});
    console.debug("quiet");
    console.warn({order: 7});
    console.error("bad", new TypeError("t"));
    console.trace("t");
    process.stdout.write("plain\\n");
};
"""


def test_console_as_text(start_node):
    function = start_node(CONSOLE)
    exchange = function.invoke()
    lines = function.stop().output.split("\n")
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\t%s\t" % exchange.request_id
    assert re.fullmatch(stamp + "INFO\ttwo\rlines 1 { a: 1 }", lines[0])
    assert re.fullmatch(stamp + "DEBUG\tquiet", lines[1])
    assert re.fullmatch(stamp + r"WARN\t\{ order: 7 \}", lines[2])
    assert re.match(stamp + "ERROR\tbad TypeError: t\r    at ", lines[3])
    assert re.fullmatch(stamp + "TRACE\tt", lines[4])
    assert lines[5:] == ["plain", ""]


def test_console_in_frames(start_node):
    function = start_node(CONSOLE, framed=True)
    exchange = function.invoke()
    assert function.stop().output == "plain\n"
    kinds, texts = zip(*function.frames)
    assert [hex(kind) for kind in kinds] == ["0xa55a000f", "0xa55a000b", "0xa55a0013", "0xa55a0017", "0xa55a0007"]
    assert texts[0].endswith("\t%s\tINFO\ttwo\nlines 1 { a: 1 }\n" % exchange.request_id)


def test_console_as_json(start_node):
    environment = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
    function = start_node(CONSOLE, environment=environment, framed=True)
    exchange = function.invoke(headers={"Lambda-Runtime-Aws-Tenant-Id": "blue"})
    function.stop()
    kinds, texts = zip(*function.frames)
    assert [hex(kind) for kind in kinds] == ["0xa55a000e", "0xa55a0012", "0xa55a0016"]
    info, warning, error = map(json.loads, texts)
    assert list(info) == ["timestamp", "level", "requestId", "tenantId", "message"]
    assert (info["level"], info["requestId"], info["message"]) == ("INFO", exchange.request_id, "two\nlines 1 { a: 1 }")
    assert warning["message"] == {"order": 7}
    assert (error["errorType"], error["errorMessage"]) == ("TypeError", "t") and error["stackTrace"][0] == "TypeError: t"


def test_errors_as_json(start_node):
    function = start_node("exports.handler = async () => { throw new TypeError('t') }", environment={"AWS_LAMBDA_LOG_FORMAT": "JSON"})
    function.invoke()
    logged = json.loads(function.stop().output)
    assert logged["level"] == "ERROR" and logged["message"]["errorType"] == "TypeError"
    assert logged["message"]["errorMessage"] == "t" and logged["message"]["stackTrace"][0] == "TypeError: t"


STREAMING = """
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
    if (event.type) stream.setContentType(event.type);
    if (event.http) stream = awslambda.HttpResponseStream.from(stream, event.http);
    if (event.early) throw new TypeError(event.early);
    for (const part of event.parts ?? []) {
        if (!stream.write(part)) await new Promise((done) => stream.once('drain', done));
    }
    if (event.late) throw new RangeError(event.late);
    if (event.uncaught) setTimeout(() => { throw new RangeError(event.uncaught); });
    if (event.destroy) stream.destroy(new RangeError(event.destroy));
    else if (event.retype) stream.setContentType(event.retype);
    else if (!event.forget) stream.end(event.last);
    if (event.uncaught) await new Promise(() => {});
}, { highWaterMark: 1000 });
"""


def streamed(exchange):
    """The body and the content type of an answer that was streamed, and its error."""
    headers = exchange.answer_headers
    assert exchange.kind == "response" and headers["lambda-runtime-function-response-mode"] == "streaming"
    error = headers.get("lambda-runtime-function-error-body")
    return exchange.answer, headers["content-type"], error and json.loads(base64.b64decode(error))


def test_streams(start_node):
    function = start_node(STREAMING)
    assert streamed(function.invoke({"parts": ["a", "é"], "last": "b"})) == ("aéb".encode(), "application/octet-stream", None)
    assert streamed(function.invoke({})) == (b"", "application/octet-stream", None)
    assert streamed(function.invoke({"parts": [{"a": 1}, [2]], "type": "text/x\r\nevil: 1"})) == (b'{"a":1}[2]', "text/xevil: 1", None)
    body = "x" * 2_000_000
    assert streamed(function.invoke({"parts": [body] * 3}))[0] == body.encode() * 3
    head = {"statusCode": 201, "headers": {"a": "é"}}
    for parts in [["body"], []]:
        body, content_type, error = streamed(function.invoke({"http": head, "parts": parts}))
        assert content_type == "application/vnd.awslambda.http-integration-response" and error is None
        assert json.loads(body.split(b"\0" * 8)[0]) == head and body.split(b"\0" * 8)[1] == "".join(parts).encode()
    assert function.api.connections == 1
    assert function.stop().process.returncode == 0
    assert function.output == ""


def test_errors_in_streams(start_node):
    function = start_node(STREAMING)
    early = function.invoke({"early": "no"})
    assert early.kind == "error" and early.json["errorType"] == "TypeError"
    body, _, error = streamed(function.invoke({"parts": ["a", "b" * 5000, "c"], "late": "é"}))
    assert body == b"a" + b"b" * 5000 + b"c" and error["errorType"] == "RangeError" and error["errorMessage"] == "é"
    for event, type in [({"destroy": "gone"}, "RangeError"), ({"forget": 1}, "Runtime.NodeJsExit"), ({"retype": "text/plain"}, "Error")]:
        exchange = function.invoke({"parts": ["a"], **event})
        body, _, error = streamed(exchange)
        assert body == b"a" and error["errorType"] == type
        assert exchange.answer_headers["lambda-runtime-function-error-type"] == type
    assert streamed(function.invoke({"last": "b"}))[0] == b"b"
    body, _, error = streamed(function.invoke({"parts": ["a"], "forget": 1, "uncaught": "bang"}))
    assert body == b"a" and error["errorMessage"] == "bang"
    assert function.stop().process.returncode == 129


def test_a_streaming_handler_is_asynchronous(start_node):
    function = start_node("exports.handler = awslambda.streamifyResponse((event, stream) => { if (event) stream.end('x'); });")
    message = "Streaming does not support non-async handlers."
    assert function.invoke(False).json["errorMessage"] == message
    assert streamed(function.invoke(True))[2]["errorMessage"] == message
    function = start_node("const f = async () => 1; exports.handler = awslambda.streamifyResponse(f); if (exports.handler !== f) throw 1;")
    assert function.invoke({}).json["errorType"] == "Runtime.NodeJsExit"
