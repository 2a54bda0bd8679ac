"""What the tests of function URLs share: functions, URLs and requests."""

import http.client
import re

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import requests
from martlet import REGION

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


def signed(server, url, key="test", secret="test", method="GET", body=b"", region=REGION, service="lambda"):
    request = botocore.awsrequest.AWSRequest(method, url, data=body)
    credentials = botocore.credentials.Credentials(key, secret)
    botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
    return requests.request(method, url, data=body, headers=dict(request.headers))


@pytest.fixture
def echo(deploy):
    return deploy(ECHO)
