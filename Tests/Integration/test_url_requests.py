"""Requests to function URLs, and what functions answer."""

import base64
import http.client
import json
import os
import re
import socket
import ssl
import threading

import pytest
import requests
from function_urls import ECHO, by_name, by_path, create, echo, place  # noqa: F401


@pytest.fixture(scope="module")
def open_url(server):
    """The URL of a function that all may ask, for tests that do no more."""
    name = "open-" + os.urandom(4).hex()
    api = server.deploy(name, ECHO)
    yield create(api, name)
    api.delete_function(FunctionName=name)


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


def test_the_path_form_hides_its_prefix(server, open_url):
    event = requests.get(by_path(server, open_url, "/a/b?c=d")).json()
    assert (event["rawPath"], event["rawQueryString"]) == ("/a/b", "c=d")
    assert event["requestContext"]["domainName"] == "%s.lambda-url.us-east-1.localhost" % place(open_url)
    assert requests.get(by_path(server, open_url, "")).json()["rawPath"] == "/"
    assert "body" not in event and event["isBase64Encoded"] is False and "queryStringParameters" in event


@pytest.mark.parametrize(
    "content_type, body, is_text",
    [
        ("application/json; charset=utf-8", b"{}", True), ("text/plain", "ü".encode(), True), ("image/svg+xml", b"<svg/>", True),
        ("application/x-www-form-urlencoded", b"a=1", False), ("application/octet-stream", b"x", False),
        ("text/plain", b"\xff\xfe", False), (None, b"x", False),
    ],
)
def test_bodies_are_text_or_base64(server, open_url, content_type, body, is_text):
    _, content = by_name(server, open_url, "PUT", "/", body, {"Content-Type": content_type} if content_type else {})
    event = json.loads(content)
    assert event["isBase64Encoded"] is not is_text
    assert event["body"] == (body.decode() if is_text else base64.b64encode(body).decode())


def test_every_method_reaches_the_function(server, open_url):
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert requests.request(method, by_path(server, open_url)).json()["requestContext"]["http"]["method"] == method
    answer = requests.head(by_path(server, open_url))
    assert answer.status_code == 200 and answer.content == b"" and int(answer.headers["content-length"]) > 100


def test_what_is_too_large(server, open_url):
    answer = requests.post(by_path(server, open_url), data=b"x" * 6_291_457)
    assert (answer.status_code, answer.json()) == (413, {"Message": "Request Entity Too Large"})
    # As base64 it is more.
    answer = requests.post(by_path(server, open_url), data=b"x" * 5_000_000)
    assert (answer.status_code, answer.json()) == (413, {"Message": "Request Entity Too Large"})
    answer = requests.post(by_path(server, open_url), data=b"x" * 1_000_000)
    assert answer.status_code == 200


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
def test_an_answer_without_a_status_is_the_body(server, open_url, answer, content):
    response, body = answered(server, open_url, answer)
    assert (response.status, body) == (200, content)
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Length"] == str(len(content))


def test_an_answer_with_a_status(server, open_url):
    response, body = answered(server, open_url, {
        "statusCode": 201, "headers": {"Content-Type": "text/plain", "X-Number": 7, "x-none": None},
        "cookies": ["a=1; Path=/", "b=2"], "body": base64.b64encode(b"\x00\xff").decode(), "isBase64Encoded": True})
    assert (response.status, body) == (201, b"\x00\xff")
    assert response.headers["Content-Type"] == "text/plain" and response.headers["X-Number"] == "7"
    assert response.headers.get_all("Set-Cookie") == ["a=1; Path=/", "b=2"] and "x-none" not in response.headers
    response, body = answered(server, open_url, {"statusCode": "404", "body": {"a": 1}})
    assert (response.status, body, response.headers["Content-Type"]) == (404, b'{"a":1}', "application/json")
    response, body = answered(server, open_url, {"statusCode": 204})
    assert (response.status, body) == (204, b"") and "Content-Length" not in response.headers
    response, body = answered(server, open_url, {"statusCode": 302, "headers": {"Location": "/x"}})
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
def test_what_is_no_answer_is_a_bad_gateway(server, open_url, answer):
    response, body = answered(server, open_url, answer)
    assert (response.status, body) == (502, b"Internal Server Error")
    assert "secret" not in str(response.headers)
    # The next one is served as ever.
    assert by_name(server, open_url)[0].status == 200


def test_functions_do_not_say_how_answers_are_carried(server, open_url):
    response, body = answered(server, open_url, {
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


def test_many_at_once(server, open_url):
    statuses = []

    def ask():
        for index in range(10):
            answer = requests.get(by_path(server, open_url, "/%d" % index))
            statuses.append((answer.status_code, answer.json()["rawPath"] == "/%d" % index))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {(200, True)} and len(statuses) == 80
