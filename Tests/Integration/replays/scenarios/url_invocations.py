"""Requests to function URLs."""

import http.client
import json
import urllib.parse

from replays.catalog import scenario

_NONE = {"AuthType": "NONE"}


def _create(replay, code, runtime="python3.12", handler="handler.handler", **more):
    """Makes a function with a URL that everybody may call; gives the URL."""
    name, api = replay.function, replay.api
    replay.create(files={handler.split(".")[0] + (".py" if runtime.startswith("python") else ".js"): code}, Runtime=runtime, Handler=handler)
    answer = api.create_function_url_config(FunctionName=name, **_NONE, **more)
    if "create_lambda_url_config" in replay.recorded:
        replay.keep("create_lambda_url_config", answer)
    allowed = _allow(replay)
    if "add_permission" in replay.recorded:
        replay.keep("add_permission", allowed)
    return answer["FunctionUrl"]


def _allow(replay, **qualifier):
    """Lets everybody call the URL; gives the answer of the recorded request. The other permission is needed since October 2025."""
    add, everybody = replay.api.add_permission, {"FunctionName": replay.function, "Principal": "*", **qualifier}
    add(StatementId="invokePermission", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True, **everybody)
    return add(StatementId="urlPermission", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE", **everybody)


def _ask(replay, url, path="/", method="GET", body=None, headers=None):
    """The answer of a function URL: status, headers, body. The host's name need not be known here."""
    connection = http.client.HTTPConnection("127.0.0.1", replay.server.port, timeout=30)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    given = {"Host": urllib.parse.urlsplit(url).netloc, **(headers or {})}
    if body is not None:
        given["Content-Length"] = str(len(body))
    for name, value in given.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content.decode()


_VALUES = {"string": "'hello'", "dict": "{'hello': 'world'}", "float": "3.1", "list-mixed": "['hello', 3, True]"}
_VALUES["http-response-json"] = "{'statusCode': 200, 'body': '{\"hello\": \"world\"}'}"


@scenario("TestLambdaURL::test_lambda_url_invocation")
def answers(replay):
    url = _create(replay, "def handler(event, context):\n    return %s\n" % _VALUES[replay.parameter])
    status, headers, content = _ask(replay, url)
    kept = {name: headers[name] for name in ("Content-Length", "Content-Type")}
    replay.keep("lambda_url_invocation", {"statuscode": status, "headers": kept, "content": content})


@scenario("TestLambdaURL::test_lambda_url_invocation_exception")
def failing(replay):
    code = "def handler(event, context):\n    raise Exception('intentional')\n"
    url = _create(replay, code)
    replay.call("get_fn_result", replay.api.get_function, FunctionName=replay.function)
    assert _ask(replay, url)[::2] == (502, "Internal Server Error")


@scenario("TestLambdaURL::test_lambda_url_non_existing_url")
def none(replay):
    # The name of no function.
    url = _create(replay, "def handler(event, context):\n    return 1\n")
    host = urllib.parse.urlsplit(url).netloc.partition(".")[2]
    assert _ask(replay, "http://%s.%s/" % ("a" * 32, host))[0] in (403, 404)


@scenario("TestLambdaPermissions::test_lambda_permission_url_invocation")
def forbidden(replay):
    replay.create()
    url = replay.api.create_function_url_config(FunctionName=replay.function, **_NONE)["FunctionUrl"]
    status, _, content = _ask(replay, url)
    assert status == 403
    replay.keep("lambda_url_invocation_missing_permission", json.loads(content))


@scenario("TestLambdaURL::test_lambda_url_persists_after_alias_delete")
def without_its_alias(replay):
    name, api = replay.function, replay.api
    code = "def handler(event, context):\n    return 'hi'\n"
    replay.create(files={"handler.py": code})
    api.publish_version(FunctionName=name)
    api.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    answer = replay.keep(
        "create_lambda_url_config", api.create_function_url_config(FunctionName=name, Qualifier="live", InvokeMode="BUFFERED", **_NONE)
    )
    url = answer["FunctionUrl"]
    _allow(replay, Qualifier="live")
    replay.keep("invoke_aliased_url_response", {"status_code": _ask(replay, url)[0]})
    replay.call("delete_alias_resp", api.delete_alias, FunctionName=name, Name="live")
    status, headers, content = _ask(replay, url)
    replay.keep(
        "invoke_deleted_alias_url_response_delayed",
        {"status_code": status, "headers": {"x-amzn-ErrorType": headers["x-amzn-ErrorType"]}, "content": content},
    )


@scenario("TestLambdaURL::test_lambda_update_function_url_config")
def updates(replay):
    name, api = replay.function, replay.api
    replay.create(Runtime="nodejs20.x", Handler="index.handler")
    get, update = api.get_function_url_config, api.update_function_url_config
    replay.call("create_lambda_url_config", api.create_function_url_config, FunctionName=name, InvokeMode="BUFFERED", **_NONE)
    replay.call("get_url_config", get, FunctionName=name)
    replay.call("modify_lambda_url_config", update, FunctionName=name, InvokeMode="RESPONSE_STREAM", **_NONE)
    replay.call("get_url_config_2", get, FunctionName=name)
    # Without a mode.
    replay.call("modify_lambda_url_config_none", update, FunctionName=name, **_NONE)
    replay.call("get_url_config_3", get, FunctionName=name)


@scenario("TestLambdaURL::test_lambda_url_invalid_invoke_mode")
def invalid_mode(replay):
    replay.create()
    create = replay.api.create_function_url_config
    replay.call("invoke_function_invalid_invoke_type", create, FunctionName=replay.function, InvokeMode="UNKNOWN", **_NONE)


@scenario("TestLambdaURL::test_function_url_with_response_streaming")
def streaming(replay):
    code = """
exports.handler = awslambda.streamifyResponse(async (event, responseStream) => {
  responseStream.write('Hello, ');
  responseStream.write('world!');
  responseStream.end();
});
"""
    url = _create(replay, code, "nodejs20.x", "index.handler", InvokeMode="RESPONSE_STREAM")
    status, _, content = _ask(replay, url)
    replay.keep("response_status", status)
    replay.keep("response_data", content)


_ECHO = """
import json
def handler(event, context):
    http = event["requestContext"]["http"]
    domain = event["requestContext"]["domainName"]
    return {
        "args": event.get("queryStringParameters", {}), "data": json.loads(event["body"]), "domain": domain, "headers": event["headers"],
        "method": http["method"], "origin": http["sourceIp"], "path": event["rawPath"],
    }
"""
_HEADERS = {
    "User-Agent": "test/echo", "Accept-Encoding": "gzip, deflate", "Accept": "*/*", "ExTrA-HeadErs": "With WeiRd CapS",
    "Content-Type": "application/json",
}  # fmt: skip


def _echoed(replay, path):
    url = _create(replay, _ECHO)
    # AWS's port is that of its scheme, which no host name names.
    headers = {**_HEADERS, "Host": urllib.parse.urlsplit(url).hostname}
    return json.loads(_ask(replay, url, path, "POST", b'{"foo": "bar"}', headers)[2])


@scenario(
    "TestLambdaURL::test_lambda_url_echo_http_fixture_default",
    {"*": "AWS adds headers of its TLS to each event; the replay speaks plain HTTP."},
)
def echo(replay):
    replay.keep("url_response", _echoed(replay, "/pa2%Fth/1?q=query&multiQuery=foo&multiQuery=%2Fbar"))


@scenario("TestLambdaURL::test_lambda_url_echo_http_fixture_trim_x_headers")
def echo_trimmed(replay):
    seen = _echoed(replay, "/path/1?q=query")
    seen["headers"] = {name: value for name, value in seen["headers"].items() if not name.startswith("x-")}
    replay.keep("url_response", seen)


@scenario("TestRequestIdHandling::test_request_id_invoke_url")
def request_ids(replay):
    url = _create(replay, "def handler(event, context):\n    return 'hi'\n")
    status, headers, content = _ask(replay, url)
    request_id = headers["x-amzn-RequestId"]
    replay.keep("lambda_url_invocation", {"statuscode": status, "headers": {"x-amzn-RequestId": request_id}, "content": content})
    messages = replay.logged(request_id)
    replay.keep("end_log_entries", [message.rstrip() for message in messages if message.startswith("END")])
