"""Function URLs: their configurations, and what is behind them."""

import base64
import http.client
import json
import re
import socket
import ssl
import threading

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import requests
from martlet import ACCOUNT, OTHER_ACCOUNT, REGION, TRUST, error, function_arn, zip_package

FORBIDDEN = {
    "Message": "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
}

ECHO = {
    "app.py": """
import json, time

def handler(event, context):
    body = event.get("body")
    if event.get("isBase64Encoded") or not body or event["rawPath"] != "/answer":
        return event
    answer = json.loads(body)
    if answer == "raise":
        raise ValueError("secret")
    if answer == "exit":
        import os
        os._exit(3)
    return answer
"""
}

STREAMS = {
    "app.js": r"""
const modes = {
  '/plain': async (event, stream) => { stream.setContentType('text/plain'); stream.write('one'); stream.end('two'); },
  '/http': async (event, stream) => {
    const out = awslambda.HttpResponseStream.from(stream, {
      statusCode: 201, headers: { 'Content-Type': 'text/html', 'X-One': '1' }, cookies: ['a=1; Path=/', 'b=2'] });
    out.write('<p>'); out.end('</p>');
  },
  '/broken': async (event, stream) => {
    stream.setContentType('text/plain'); stream.write('x'.repeat(100000));
    await new Promise((done) => setTimeout(done, 50));
    throw new Error('late');
  },
  '/early': async () => { throw new Error('early'); },
  '/nothing': async (event, stream) => { stream.end(); },
  '/much': async (event, stream) => { for (let i = 0; i < 20; i++) stream.write(Buffer.alloc(1 << 20, i)); stream.end(); },
};
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => modes[event.rawPath](event, stream));
"""
}


def create(api, name, auth="NONE", public=True, **more):
    """Gives the function a URL, and with `public` the two permissions that make it answer."""
    url = api.create_function_url_config(FunctionName=name, AuthType=auth, **more)["FunctionUrl"]
    if public:
        open_to_all(api, name, **{key: more[key] for key in ("Qualifier",) if key in more})
    return url


def open_to_all(api, name, **more):
    api.add_permission(
        FunctionName=name, StatementId="url", Principal="*", Action="lambda:InvokeFunctionUrl",
        FunctionUrlAuthType="NONE", **more)
    api.add_permission(
        FunctionName=name, StatementId="function", Principal="*", Action="lambda:InvokeFunction",
        InvokedViaFunctionUrl=True, **more)


def place(url):
    """The id of a URL."""
    match = re.fullmatch(r"http://([a-z0-9]{32})\.lambda-url\.us-east-1\.localhost:(\d+)/", url)
    assert match, url
    return match[1]


def by_name(server, url, method="GET", path="/", body=None, headers=None):
    """Asks by the URL's own name, which resolves nowhere in Python."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    host = "%s.lambda-url.us-east-1.localhost:%d" % (place(url), server.port)
    connection.request(method, path, body, {"Host": host, **(headers or {})})
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def by_path(server, url, path="/"):
    return "%s/_lambda-url/%s%s" % (server.url, place(url), path)


@pytest.fixture
def echo(deploy):
    return deploy(ECHO)


# Configurations


def test_the_life_of_a_configuration(api, echo):
    created = api.create_function_url_config(FunctionName=echo, AuthType="NONE")
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert created["FunctionArn"] == function_arn(echo) and "InvokeMode" not in created and "Cors" not in created
    place(created["FunctionUrl"])
    assert error(api.create_function_url_config, FunctionName=echo, AuthType="NONE") == (
        "ResourceConflictException",
        "Failed to create function url config for [functionArn = %s]. "
        "Error message:  FunctionUrlConfig exists for this Lambda function" % function_arn(echo), 409)
    got = api.get_function_url_config(FunctionName=echo)
    assert got["InvokeMode"] == "BUFFERED" and got["FunctionUrl"] == created["FunctionUrl"]
    updated = api.update_function_url_config(FunctionName=echo, AuthType="AWS_IAM")
    assert updated["AuthType"] == "AWS_IAM" and "InvokeMode" not in updated
    assert updated["FunctionUrl"] == created["FunctionUrl"]
    api.delete_function_url_config(FunctionName=echo)
    missing = ("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    for operation in (api.get_function_url_config, api.delete_function_url_config, api.update_function_url_config):
        assert error(operation, FunctionName=echo) == missing
    assert create(api, echo, public=False) != created["FunctionUrl"]


def test_modes_and_cors_are_kept(api, echo):
    cors = {
        "AllowCredentials": False, "AllowHeaders": ["x-a"], "AllowMethods": ["GET", "POST"], "AllowOrigins": ["*"],
        "ExposeHeaders": ["x-b"], "MaxAge": 300,
    }
    created = api.create_function_url_config(FunctionName=echo, AuthType="NONE", InvokeMode="BUFFERED", Cors=cors)
    assert created["InvokeMode"] == "BUFFERED" and created["Cors"] == cors
    assert api.update_function_url_config(FunctionName=echo, InvokeMode="RESPONSE_STREAM")["Cors"] == cors
    assert api.update_function_url_config(FunctionName=echo)["InvokeMode"] == "RESPONSE_STREAM"
    assert api.update_function_url_config(FunctionName=echo, Cors={"AllowOrigins": ["http://a"]})["Cors"] == {
        "AllowOrigins": ["http://a"]}
    assert error(api.update_function_url_config, FunctionName=echo, InvokeMode="UNKNOWN") == (
        "ValidationException",
        "1 validation error detected: Value 'UNKNOWN' at 'invokeMode' failed to satisfy constraint: "
        "Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]", 400)


def test_functions_and_aliases_have_urls_and_versions_have_not(api, echo):
    version = api.publish_version(FunctionName=echo)["Version"]
    api.create_alias(FunctionName=echo, Name="live", FunctionVersion=version)
    operations = {
        api.create_function_url_config: ("Function does not exist", {"AuthType": "NONE"}),
        api.update_function_url_config: ("Function does not exist", {"AuthType": "NONE"}),
        api.get_function_url_config: ("The resource you requested does not exist.", {}),
        api.delete_function_url_config: ("The resource you requested does not exist.", {}),
    }
    for operation, (message, more) in operations.items():
        for name in ("doesnotexist", function_arn("doesnotexist")):
            assert error(operation, FunctionName=name, **more) == ("ResourceNotFoundException", message, 404)
        assert error(operation, FunctionName=echo, Qualifier="no-alias", **more)[:2] == (
            "ResourceNotFoundException", message)
        for qualifier in (version, "2", "$LATEST"):
            assert error(operation, FunctionName=echo, Qualifier=qualifier, **more) == (
                "ValidationException",
                "1 validation error detected: Value '%s' at 'qualifier' failed to satisfy constraint: "
                r"Member must satisfy regular expression pattern: ((?!^\d+$)^[0-9a-zA-Z-_]+$)" % qualifier, 400)
        assert error(operation, FunctionName=function_arn(echo) + ":live", Qualifier="other", **more)[:2] == (
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.")
    own = create(api, echo, public=False)
    aliased = api.create_function_url_config(FunctionName=echo, AuthType="AWS_IAM", Qualifier="live")
    assert aliased["FunctionArn"] == function_arn(echo) + ":live"
    assert api.get_function_url_config(FunctionName=echo + ":live")["FunctionUrl"] == aliased["FunctionUrl"] != own

    listed = api.list_function_url_configs(FunctionName=echo)["FunctionUrlConfigs"]
    assert [entry["FunctionUrl"] for entry in listed] == [own, aliased["FunctionUrl"]]
    first = api.list_function_url_configs(FunctionName=echo, MaxItems=1)
    second = api.list_function_url_configs(FunctionName=echo, MaxItems=1, Marker=first["NextMarker"])
    assert first["FunctionUrlConfigs"] + second["FunctionUrlConfigs"] == listed and "NextMarker" not in second


# Access


def test_a_public_url_needs_both_permissions(server, api, echo):
    url = create(api, echo, public=False)

    def asked():
        answer = requests.get(by_path(server, url))
        if answer.status_code == 403:
            assert answer.json() == FORBIDDEN
            assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"
        return answer.status_code

    assert asked() == 403
    api.add_permission(
        FunctionName=echo, StatementId="url", Principal="*", Action="lambda:InvokeFunctionUrl",
        FunctionUrlAuthType="AWS_IAM")
    api.add_permission(
        FunctionName=echo, StatementId="function", Principal="*", Action="lambda:InvokeFunction",
        InvokedViaFunctionUrl=True)
    assert asked() == 403
    api.remove_permission(FunctionName=echo, StatementId="url")
    api.add_permission(
        FunctionName=echo, StatementId="url", Principal="*", Action="lambda:InvokeFunctionUrl",
        FunctionUrlAuthType="NONE")
    assert asked() == 200
    api.remove_permission(FunctionName=echo, StatementId="function")
    assert asked() == 403
    # The URL opens nothing else.
    stranger = server.client("lambda", key=OTHER_ACCOUNT)
    assert error(stranger.invoke, FunctionName=function_arn(echo))[2] == 403


def test_a_url_that_is_not_there(server):
    for path in ("/_lambda-url/%s/" % ("a" * 32), "/_lambda-url/x", "/_lambda-url/", "/_lambda-url/%2e%2e/health"):
        answer = requests.get(server.url + path)
        assert (answer.status_code, answer.json()) == (404, {"Message": None})


def test_the_url_of_an_alias_ends_with_the_alias(server, api, echo):
    version = api.publish_version(FunctionName=echo)["Version"]
    api.create_alias(FunctionName=echo, Name="live", FunctionVersion=version)
    url = create(api, echo, Qualifier="live")
    assert by_name(server, url)[0].status == 200
    api.delete_alias(FunctionName=echo, Name="live")
    response, content = by_name(server, url)
    assert response.status == 403 and json.loads(content) == FORBIDDEN
    assert response.headers["x-amzn-ErrorType"] == "AccessDeniedException"
    api.delete_function(FunctionName=echo)
    assert by_name(server, url)[0].status == 404


def signed(server, url, key="test", secret="test", method="GET", body=b"", region=REGION, service="lambda"):
    request = botocore.awsrequest.AWSRequest(method, url, data=body)
    credentials = botocore.credentials.Credentials(key, secret)
    botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
    return requests.request(method, url, data=body, headers=dict(request.headers))


def test_a_url_with_iam_wants_a_signature(server, api, echo):
    url = create(api, echo, auth="AWS_IAM", public=False)
    path = by_path(server, url, "/p?a=1")
    answer = requests.get(path)
    assert (answer.status_code, answer.json()) == (403, FORBIDDEN)
    api.add_permission(
        FunctionName=echo, StatementId="url", Principal="*", Action="lambda:InvokeFunctionUrl",
        FunctionUrlAuthType="AWS_IAM")
    api.add_permission(FunctionName=echo, StatementId="f", Principal="*", Action="lambda:InvokeFunction")
    assert requests.get(path).status_code == 403
    answer = signed(server, path)
    assert answer.status_code == 200
    context = answer.json()["requestContext"]
    assert context["accountId"] == ACCOUNT
    assert context["authorizer"] == {
        "iam": {
            "accessKey": "test", "accountId": ACCOUNT, "callerId": ACCOUNT, "cognitoIdentity": None,
            "principalOrgId": None, "userArn": "arn:aws:iam::%s:root" % ACCOUNT, "userId": ACCOUNT,
        }
    }
    api.remove_permission(FunctionName=echo, StatementId="f")
    assert signed(server, path).status_code == 200
    assert signed(server, path, key=OTHER_ACCOUNT).status_code == 403


def test_signatures_are_verified_where_they_count(martlet):
    server = martlet("--auth", "iam").start()
    lines = dict(line.removeprefix("export ").split("=", 1) for line in server.run("env").stdout.splitlines() if "=" in line)
    key = lines["AWS_ACCESS_KEY_ID"], lines["AWS_SECRET_ACCESS_KEY"]
    client = server.client("lambda", *key)
    role = server.client("iam", *key).create_role(
        RoleName="r", AssumeRolePolicyDocument=TRUST)
    client.create_function(
        FunctionName="f", Runtime="python3.11", Handler="app.handler", Role=role["Role"]["Arn"],
        Code={"ZipFile": zip_package(ECHO)})
    client.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    url = create(client, "f", auth="AWS_IAM", public=False)
    path = by_path(server, url, "/p%20q?b=2&a=1")
    assert signed(server, path, *key).status_code == 200
    assert signed(server, path, *key, method="POST", body=b"{}").status_code == 200
    assert requests.get(path).json() == FORBIDDEN
    for wrong in (
        dict(key=key[0], secret="wrong"), dict(key="AKIAUNKNOWN", secret=key[1]),
        dict(key=key[0], secret=key[1], region="eu-west-1"), dict(key=key[0], secret=key[1], service="s3"),
    ):
        answer = signed(server, path, **wrong)
        assert answer.status_code == 403 and answer.json()["Message"], wrong
    # In this mode as in the other one, a public URL is public.
    client.delete_function_url_config(FunctionName="f")
    public = create(client, "f")
    assert requests.get(by_path(server, public)).status_code == 200


# Requests


def test_the_event_is_aws_s(server, api, echo):
    url = create(api, echo)
    response, content = by_name(
        server, url, "POST", "/pa2%25Fth/1?q=query&multiQuery=foo&multiQuery=%2Fbar&empty=&b=a+b%20c", b'{"foo": "bar"}',
        {
            "Content-Type": "application/json", "User-Agent": "test/echo", "ExTrA-HeadErs": "With WeiRd CapS",
            "Cookie": "a=1; b=2", "X-Forwarded-For": "6.6.6.6",
        })
    assert response.status == 200 and response.headers["Content-Type"] == "application/json"
    event = json.loads(content)
    name = "%s.lambda-url.us-east-1.localhost" % place(url)
    context = event.pop("requestContext")
    headers = event.pop("headers")
    assert event == {
        "version": "2.0", "routeKey": "$default", "rawPath": "/pa2%Fth/1",
        "rawQueryString": "q=query&multiQuery=foo&multiQuery=%2Fbar&empty=&b=a+b%20c",
        "queryStringParameters": {"q": "query", "multiQuery": "foo,/bar", "empty": "", "b": "a b c"},
        "cookies": ["a=1", "b=2"], "body": '{"foo": "bar"}', "isBase64Encoded": False,
    }
    assert context.pop("timeEpoch") > 1_700_000_000_000
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context.pop("time"))
    assert context == {
        "accountId": "anonymous", "apiId": place(url), "domainName": name, "domainPrefix": place(url),
        "http": {
            "method": "POST", "path": "/pa2%Fth/1", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
            "userAgent": "test/echo",
        },
        "requestId": response.headers["x-amzn-RequestId"], "routeKey": "$default", "stage": "$default",
    }
    trace = headers.pop("x-amzn-trace-id")
    assert trace.startswith("Root=1-") and response.headers["X-Amzn-Trace-Id"] == trace
    assert headers == {
        "host": "%s:%d" % (name, server.port), "accept-encoding": "identity", "content-length": "14",
        "content-type": "application/json", "user-agent": "test/echo", "extra-headers": "With WeiRd CapS",
        "cookie": "a=1; b=2", "x-forwarded-for": "127.0.0.1", "x-forwarded-port": str(server.port),
        "x-forwarded-proto": "http",
    }


def test_the_path_form_hides_its_prefix(server, api, echo):
    url = create(api, echo)
    event = requests.get(by_path(server, url, "/a/b?c=d")).json()
    assert (event["rawPath"], event["rawQueryString"]) == ("/a/b", "c=d")
    assert event["requestContext"]["domainName"] == "%s.lambda-url.us-east-1.localhost" % place(url)
    assert requests.get(by_path(server, url, "")).json()["rawPath"] == "/"
    assert "body" not in event and event["isBase64Encoded"] is False and "queryStringParameters" in event


@pytest.mark.parametrize(
    "content_type, body, is_text",
    [
        ("application/json; charset=utf-8", b"{}", True), ("text/plain", "ü".encode(), True), ("image/svg+xml", b"<svg/>", True),
        ("application/x-www-form-urlencoded", b"a=1", False), ("application/octet-stream", b"x", False),
        ("text/plain", b"\xff\xfe", False), (None, b"x", False),
    ],
)
def test_bodies_are_text_or_base64(server, api, echo, content_type, body, is_text):
    url = create(api, echo)
    _, content = by_name(server, url, "PUT", "/", body, {"Content-Type": content_type} if content_type else {})
    event = json.loads(content)
    assert event["isBase64Encoded"] is not is_text
    assert event["body"] == (body.decode() if is_text else base64.b64encode(body).decode())


def test_every_method_reaches_the_function(server, api, echo):
    url = create(api, echo)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert requests.request(method, by_path(server, url)).json()["requestContext"]["http"]["method"] == method
    answer = requests.head(by_path(server, url))
    assert answer.status_code == 200 and answer.content == b"" and int(answer.headers["content-length"]) > 100


def test_what_is_too_large(server, api, echo):
    url = create(api, echo)
    answer = requests.post(by_path(server, url), data=b"x" * 6_291_457)
    assert (answer.status_code, answer.json()) == (413, {"Message": "Request Entity Too Large"})
    # As base64 it is more.
    answer = requests.post(by_path(server, url), data=b"x" * 5_000_000)
    assert (answer.status_code, answer.json()) == (413, {"Message": "Request Entity Too Large"})
    answer = requests.post(by_path(server, url), data=b"x" * 1_000_000)
    assert answer.status_code == 200


# Answers


def answered(server, url, answer):
    return by_name(
        server, url, "POST", "/answer", json.dumps(answer).encode(), {"Content-Type": "application/json"})


@pytest.mark.parametrize(
    "answer, content",
    [
        ({"hello": "world"}, b'{"hello":"world"}'), (["hello", 3, True], b'["hello",3,true]'), ("hello", b"hello"),
        (3.1, b"3.1"), (None, b"null"), ({}, b"{}"), ({"body": "x"}, b'{"body":"x"}'),
    ],
)
def test_an_answer_without_a_status_is_the_body(server, api, echo, answer, content):
    url = create(api, echo)
    response, body = answered(server, url, answer)
    assert (response.status, body) == (200, content)
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Length"] == str(len(content))


def test_an_answer_with_a_status(server, api, echo):
    url = create(api, echo)
    response, body = answered(server, url, {
        "statusCode": 201, "headers": {"Content-Type": "text/plain", "X-Number": 7, "x-none": None},
        "cookies": ["a=1; Path=/", "b=2"], "body": base64.b64encode(b"\x00\xff").decode(), "isBase64Encoded": True})
    assert (response.status, body) == (201, b"\x00\xff")
    assert response.headers["Content-Type"] == "text/plain" and response.headers["X-Number"] == "7"
    assert response.headers.get_all("Set-Cookie") == ["a=1; Path=/", "b=2"] and "x-none" not in response.headers
    response, body = answered(server, url, {"statusCode": "404", "body": {"a": 1}})
    assert (response.status, body, response.headers["Content-Type"]) == (404, b'{"a":1}', "application/json")
    response, body = answered(server, url, {"statusCode": 204})
    assert (response.status, body) == (204, b"") and "Content-Length" not in response.headers
    response, body = answered(server, url, {"statusCode": 302, "headers": {"Location": "/x"}})
    assert (response.status, response.headers["Location"]) == (302, "/x")


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": 99}, {"statusCode": 101}, {"statusCode": 1000}, {"statusCode": "abc"}, {"statusCode": 200.5},
        {"statusCode": None}, {"statusCode": 200, "headers": {"X": "a\r\nSet-Cookie: evil=1"}},
        {"statusCode": 200, "headers": {"X: a\r\nY": "b"}}, {"statusCode": 200, "headers": {"": "b"}},
        {"statusCode": 200, "headers": {"x": ["a"]}}, {"statusCode": 200, "headers": "x"},
        {"statusCode": 200, "cookies": "x"}, {"statusCode": 200, "cookies": ["a\nb"]},
        {"statusCode": 200, "body": "%%%", "isBase64Encoded": True}, {"statusCode": 200, "isBase64Encoded": "yes"},
        {"statusCode": 200, "headers": {"x": "y" * 70_000}}, "raise", "exit",
    ],
    ids=lambda answer: re.sub(r"\W+", "-", json.dumps(answer))[:40],
)
def test_what_is_no_answer_is_a_bad_gateway(server, api, echo, answer):
    url = create(api, echo)
    response, body = answered(server, url, answer)
    assert (response.status, body) == (502, b"Internal Server Error")
    assert "secret" not in str(response.headers)
    # The next one is served as ever.
    assert by_name(server, url)[0].status == 200


def test_functions_do_not_say_how_answers_are_carried(server, api, echo):
    url = create(api, echo)
    response, body = answered(server, url, {
        "statusCode": 200, "body": "abc", "headers": {
            "Content-Length": "1", "Transfer-Encoding": "chunked", "Connection": "close", "Date": "never",
            "Server": "mine", "x-amzn-RequestId": "forged"}})
    assert body == b"abc" and response.headers["Content-Length"] == "3"
    assert response.headers["x-amzn-Remapped-content-length"] == "1"
    assert response.headers["x-amzn-Remapped-connection"] == "close" and "Connection" not in response.headers
    assert response.headers.get_all("x-amzn-RequestId") != ["forged"] and len(response.headers.get_all("Date")) == 1


def test_a_throttled_function_answers_429(server, api, echo):
    url = create(api, echo)
    api.put_function_concurrency(FunctionName=echo, ReservedConcurrentExecutions=0)
    answer = requests.get(by_path(server, url))
    assert answer.status_code == 429 and answer.headers["x-amzn-ErrorType"] == "TooManyRequestsException"
    assert answer.json()["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


# Web pages

PAGE = {"Origin": "https://page.example", "Sec-Fetch-Site": "cross-site"}


def preflight(server, url, origin="https://page.example", method="PUT", headers="x-a"):
    return requests.options(by_path(server, url), headers={
        "Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers})


def test_without_rules_the_function_speaks_for_itself(server, api, echo):
    url = create(api, echo)
    assert requests.get(by_path(server, url), headers=PAGE).status_code == 200
    assert preflight(server, url).json()["requestContext"]["http"]["method"] == "OPTIONS"
    response, _ = by_name(
        server, url, "POST", "/answer",
        json.dumps({"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}}).encode(),
        {**PAGE, "Content-Type": "application/json"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    # The rest of the server is closed to the page as ever.
    assert requests.get(server.url + "/2015-03-31/functions/", headers=PAGE).status_code == 403


def test_rules_are_the_platform_s_affair(server, api, echo):
    url = create(api, echo, Cors={
        "AllowOrigins": ["https://page.example"], "AllowMethods": ["PUT", "GET"], "AllowHeaders": ["x-a", "x-b"],
        "ExposeHeaders": ["x-c"], "AllowCredentials": True, "MaxAge": 60})
    answer = preflight(server, url)
    assert answer.status_code == 200 and answer.content == b""
    allowed = {name: value for name, value in answer.headers.items() if name.startswith("Access-Control")}
    assert allowed == {
        "Access-Control-Allow-Origin": "https://page.example", "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "PUT,GET", "Access-Control-Allow-Headers": "x-a,x-b",
        "Access-Control-Max-Age": "60",
    }
    assert "Access-Control-Allow-Origin" not in preflight(server, url, "https://other.example").headers

    own = json.dumps({"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "https://evil.example"}}).encode()
    response, _ = by_name(server, url, "POST", "/answer", own, {**PAGE, "Content-Type": "application/json"})
    assert response.headers.get_all("Access-Control-Allow-Origin") == ["https://page.example"]
    assert response.headers["Access-Control-Expose-Headers"] == "x-c" and response.headers["Vary"] == "Origin"
    response, _ = by_name(
        server, url, "POST", "/answer", own, {"Origin": "https://other.example", "Content-Type": "application/json"})
    assert "Access-Control-Allow-Origin" not in response.headers
    api.update_function_url_config(FunctionName=echo, Cors={"AllowOrigins": ["*"], "AllowMethods": ["*"]})
    assert preflight(server, url).headers["Access-Control-Allow-Origin"] == "*"
    assert preflight(server, url).headers["Access-Control-Allow-Methods"] == "*"
    api.update_function_url_config(FunctionName=echo, AuthType="AWS_IAM")
    assert preflight(server, url).status_code == 200
    # A page may read why it was refused.
    answer = requests.get(by_path(server, url), headers=PAGE)
    assert answer.status_code == 403 and answer.headers["Access-Control-Allow-Origin"] == "*"


# Streaming


@pytest.fixture(scope="module")
def streams(server):
    server.deploy("url-streams", STREAMS, runtime="nodejs20.x", handler="app.handler")
    api = server.client("lambda")
    yield create(api, "url-streams", InvokeMode="RESPONSE_STREAM")
    api.delete_function(FunctionName="url-streams")


def test_a_streamed_answer(server, streams):
    answer = requests.get(by_path(server, streams, "/plain"))
    assert (answer.status_code, answer.text, answer.headers["Content-Type"]) == (200, "onetwo", "text/plain")
    assert answer.headers["Transfer-Encoding"] == "chunked" and answer.headers["x-amzn-RequestId"]
    response, content = by_name(server, streams, path="/http")
    assert (response.status, content) == (201, b"<p></p>")
    assert response.headers["Content-Type"] == "text/html" and response.headers["X-One"] == "1"
    assert response.headers.get_all("Set-Cookie") == ["a=1; Path=/", "b=2"]
    assert requests.get(by_path(server, streams, "/nothing")).content == b""


def test_a_stream_that_breaks_is_seen_to_break(server, streams):
    response = requests.get(by_path(server, streams, "/early"))
    assert (response.status_code, response.text) == (502, "Internal Server Error")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(by_path(server, streams, "/broken"))


def test_more_than_six_megabytes_are_streamed(server, streams):
    content = requests.get(by_path(server, streams, "/much")).content
    assert len(content) == 20 << 20 and content[-1] == 19


def test_a_streamed_answer_is_collected_where_the_url_does_not_stream(server, api, deploy, name):
    server.deploy(name, STREAMS, runtime="nodejs20.x", handler="app.handler")
    try:
        url = create(api, name)
        response, content = by_name(server, url, path="/http")
        assert (response.status, content) == (201, b"<p></p>")
        assert response.headers["X-One"] == "1"
    finally:
        api.delete_function(FunctionName=name)


def test_a_client_that_leaves_a_stream(server, streams):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    host = "%s.lambda-url.us-east-1.localhost" % place(streams)
    connection.request("GET", "/much", headers={"Host": host})
    connection.getresponse().read(10)
    connection.close()
    assert requests.get(by_path(server, streams, "/plain")).text == "onetwo"


# Elsewhere


def test_functions_call_urls(server, api, echo, name):
    """By name and by path, from inside a sandbox."""
    url = create(api, echo)
    caller = name + "-caller"
    server.deploy(caller, {"app.py": """
import os, urllib.request

def handler(event, context):
    return [urllib.request.urlopen(address).status for address in
            (event["url"], os.environ["AWS_ENDPOINT_URL"] + "/_lambda-url/" + event["id"] + "/")]
"""})
    try:
        answer = api.invoke(FunctionName=caller, Payload=json.dumps({"url": url, "id": place(url)}))
        assert json.loads(answer["Payload"].read()) == [200, 200]
    finally:
        api.delete_function(FunctionName=caller)


def test_urls_speak_tls(martlet):
    server = martlet("--tls-self-signed").start()
    client = server.deploy("f", ECHO)
    url = create(client, "f")
    name = "%s.lambda-url.us-east-1.localhost" % place(url)
    context = ssl.create_default_context(cafile=server.authority)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname=name) as secure:
            secure.sendall(("GET /x HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n\r\n" % (name, server.port)).encode())
            answer = b"".join(iter(lambda: secure.recv(65536), b""))
    event = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert event["headers"]["x-forwarded-proto"] == "https" and event["requestContext"]["domainName"] == name


def test_urls_survive_a_restart(martlet):
    server = martlet().start()
    server.deploy("f", ECHO)
    url = create(server.client("lambda"), "f")
    server.kill9()
    server.start()
    assert server.client("lambda").get_function_url_config(FunctionName="f")["FunctionUrl"] == url
    assert by_name(server, url)[0].status == 200


def test_the_address_follows_the_caller(server, api, echo):
    url = create(api, echo, public=False)

    def seen(host):
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", "/2021-10-31/functions/%s/url" % echo, headers={
            "Host": host,
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0"})
        return json.loads(connection.getresponse().read())["FunctionUrl"]

    name = "%s.lambda-url.us-east-1" % place(url)
    assert seen("localhost:1234") == "http://%s.localhost:1234/" % name
    assert seen("lambda.us-east-1.localhost.localstack.cloud:4566") == "http://%s.localhost.localstack.cloud:4566/" % name
    assert seen("lambda.us-east-1.amazonaws.com") == "http://%s.on.aws/" % name


def test_many_at_once(server, api, echo):
    url = create(api, echo)
    statuses = []

    def ask():
        for index in range(10):
            answer = requests.get(by_path(server, url, "/%d" % index))
            statuses.append((answer.status_code, answer.json()["rawPath"] == "/%d" % index))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {(200, True)} and len(statuses) == 80


def test_the_aws_cli_makes_a_public_url(server, echo):
    server.aws("lambda", "create-function-url-config", "--function-name", echo, "--auth-type", "NONE")
    for words in (
        ("--statement-id", "a", "--action", "lambda:InvokeFunctionUrl", "--function-url-auth-type", "NONE"),
        ("--statement-id", "b", "--action", "lambda:InvokeFunction", "--invoked-via-function-url"),
    ):
        server.aws("lambda", "add-permission", "--function-name", echo, "--principal", "*", *words)
    url = server.aws("lambda", "get-function-url-config", "--function-name", echo)["FunctionUrl"]
    assert by_name(server, url)[0].status == 200
    server.aws("lambda", "update-function-url-config", "--function-name", echo, "--auth-type", "AWS_IAM")
    assert by_name(server, url)[0].status == 403
    assert len(server.aws("lambda", "list-function-url-configs", "--function-name", echo)["FunctionUrlConfigs"]) == 1
    server.aws("lambda", "delete-function-url-config", "--function-name", echo)
    assert by_name(server, url)[0].status == 404


def test_a_page_by_its_path_has_no_part_in_the_origin_of_the_platform(server, api, echo):
    url = create(api, echo)
    assert requests.get(by_path(server, url)).headers["Content-Security-Policy"].startswith("sandbox ")
