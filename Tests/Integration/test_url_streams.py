"""Function URLs that stream."""

import http.client

import pytest
import requests
from function_urls import STREAMS, create, place, by_name, by_path


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
