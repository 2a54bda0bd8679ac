"""Programs that know nothing of AWS_ENDPOINT_URL: they ask for AWS's names, and dial them with HTTPS."""

import io
import json
import os
import signal
import subprocess
import sys
import zipfile

import martlet as m
import pytest
from leftovers import family, name, zombies
from martlet import grow_stems, stems, wait_until

PYTHON = r"""
import http.client, json, os, socket, ssl, struct, time, urllib.error, urllib.request

def look_up(event):
    found = {}
    for name in event["names"]:
        began = time.monotonic()
        try:
            answers = socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)
            found[name] = sorted({a[4][0] for a in answers})
        except socket.gaierror as e:
            found[name] = [e.errno, time.monotonic() - began < 4]
    return found

def tcp(event):
    def read(connection, size):
        data = b""
        while len(data) < size:
            part = connection.recv(size - len(data))
            assert part, "closed"
            data += part
        return data
    answers = []
    with socket.create_connection(("127.0.0.1", 53), 10) as connection:
        for name in event["names"]:
            labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0"
            query = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + labels + struct.pack(">2H", 1, 1)
            framed = struct.pack(">H", len(query)) + query
            # In pieces, as a stream may bring them.
            for at in range(0, len(framed), 5):
                connection.sendall(framed[at:at + 5])
        for _ in event["names"]:
            answer = read(connection, struct.unpack(">H", read(connection, 2))[0])
            answers.append([answer[3] & 15, ".".join(map(str, answer[-4:])) if answer[7] else None])
    return answers

def https(event):
    answers = {}
    for url in event["urls"]:
        try:
            answers[url] = urllib.request.urlopen(url, timeout=20).status
        except urllib.error.HTTPError as e:
            answers[url] = e.code
        except urllib.error.URLError as e:
            answers[url] = str(e.reason)
    return answers

def protocols(event):
    context = ssl.create_default_context()
    context.set_alpn_protocols(event["offer"])
    with context.wrap_socket(socket.create_connection(("sqs.us-east-1.amazonaws.com", 443), 10), server_hostname="sqs.us-east-1.amazonaws.com") as s:
        issuer = dict(x[0] for x in s.getpeercert()["issuer"])
        return [s.selected_alpn_protocol(), s.version(), issuer["organizationName"], s.getpeercert()["subjectAltName"]]

def environment(event):
    return {n: os.environ.get(n) for n in event["names"]}

def sdk(event):
    import boto3, botocore
    arns = {}
    for service, region in (("sts", "us-east-1"), ("sts", "eu-central-1")):
        client = boto3.client(service, region_name=region, aws_access_key_id="999999999999", aws_secret_access_key="x")
        arns[client.meta.endpoint_url] = client.get_caller_identity()["Arn"]
    logs = boto3.client("logs")
    arns[logs.meta.endpoint_url] = [g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]]
    api = boto3.client("lambda")
    arns[api.meta.endpoint_url] = json.load(api.invoke(FunctionName="echo", Payload=json.dumps("hello"))["Payload"])
    return [botocore.__version__, arns]

def requests_get(event):
    import requests
    return [requests.get(u, timeout=20).status_code for u in event["urls"]]

def handler(event, context):
    return globals()[event["do"]](event)
"""

NODE = r"""
const https = require('https'), http = require('http'), dns = require('dns'), http2 = require('http2');
const get = (url, module = https) => new Promise((resolve) => {
    module.get(url, (answer) => {
        let body = '';
        answer.on('data', (part) => body += part).on('end', () => resolve([answer.statusCode, body]));
    }).on('error', (e) => resolve([e.code, '']));
});
const overHTTP2 = (origin, path) => new Promise((resolve) => {
    const session = http2.connect(origin).on('error', (e) => resolve(e.code));
    session.request({':path': path}).on('response', (h) => { resolve(h[':status']); session.close(); }).end();
});
const quietly = (promise) => promise.then((v) => v, (e) => e.code);
exports.handler = async (event) => {
    const found = {lookup: {}, resolve4: {}, resolve6: {}};
    for (const name of event.names) {
        found.lookup[name] = await quietly(dns.promises.lookup(name, {all: true}).then((all) => all.map((a) => a.address)));
        found.resolve4[name] = await quietly(dns.promises.resolve4(name));
        found.resolve6[name] = await quietly(dns.promises.resolve6(name));
    }
    const signed = '?Action=GetCallerIdentity&Version=2011-06-15';
    return {
        found,
        sts: await get('https://sts.us-east-1.amazonaws.com/' + signed),
        fetched: await fetch('https://sts.amazonaws.com/' + signed).then((a) => a.status),
        http2: await overHTTP2('https://sts.us-east-1.amazonaws.com', '/' + signed),
        plain: (await get('http://sts.us-east-1.amazonaws.com/' + signed, http))[0],
        local: (await get('https://x.localhost/_martlet/health'))[0],
        variable: process.env.NODE_EXTRA_CA_CERTS,
    };
};
"""

ECHO = {"app.py": "def handler(event, context): return event"}
AWS = [
    "sqs.us-east-1.amazonaws.com", "Lambda.EU-west-1.amazonaws.com", "bucket.s3.amazonaws.com", "a.b.s3.us-west-2.amazonaws.com",
    "lambda.us-east-1.api.aws", "abc.lambda-url.us-east-1.on.aws", "x.localhost", "a.b.localhost", "localhost",
    "localhost.localstack.cloud", "s3.localhost.localstack.cloud",
]
IDENTITY = "arn:aws:sts::000000000000:assumed-role/test-role/%s"


@pytest.fixture(scope="module", params=["root", "unprivileged"])
def platform(request, tmp_path_factory):
    """A server with functions that dial AWS's names, started by root or not, without the internet."""
    if request.param == "root" and os.geteuid() != 0:
        pytest.skip("needs root")
    server = m.Martlet(tmp_path_factory.mktemp("names"), "--function-network", "none", "--host-suffix", "martlet.test")
    if request.param == "unprivileged" and os.geteuid() == 0:
        m.become_nobody(server)
    server.start()
    api = server.deploy("names", {"app.py": PYTHON}, runtime="python3.11", Timeout=60, MemorySize=512)
    server.deploy("echo", ECHO, runtime="python3.11")

    def do(what, function="names", **event):
        result = api.invoke(FunctionName=function, Payload=json.dumps({"do": what, **event}).encode())
        answer = json.load(result["Payload"])
        assert "FunctionError" not in result, answer
        return answer

    server.do = do
    yield server
    server.stop()


def test_python_resolves_awss_and_local_names(platform):
    found = platform.do("look_up", names=[*AWS, "martlet.test", "api.martlet.test"])
    assert found == {name: ["127.0.0.1"] for name in found}


def test_names_of_the_internet_are_unknown_without_it(platform):
    # EAI_NONAME, at once: not EAI_AGAIN, after which programs try again.
    assert platform.do("look_up", names=["example.org", "notamazonaws.com"]) == {
        "example.org": [-2, True], "notamazonaws.com": [-2, True],
    }


def test_names_by_tcp(platform):
    answers = platform.do("tcp", names=["sqs.us-east-1.amazonaws.com", "example.org", "x.localhost"])
    assert answers == [[0, "127.0.0.1"], [3, None], [0, "127.0.0.1"]]


def test_https_and_http_under_every_name(platform):
    identity = "/?Action=GetCallerIdentity&Version=2011-06-15"
    good = [
        "https://sts.us-east-1.amazonaws.com" + identity, "https://sts.amazonaws.com" + identity, "https://sts.eu-west-1.api.aws" + identity,
        "https://sts.localhost" + identity, "https://sts.martlet.test" + identity, "https://127.0.0.1" + identity,
        "https://localhost:%d%s" % (platform.port, identity), "http://sts.us-east-1.amazonaws.com" + identity,
        "http://sts.localhost:%d%s" % (platform.port, identity),
    ]
    answers = platform.do("https", urls=good)
    # Without a signature: who asks is known by the socket.
    assert answers == {url: 200 for url in good}
    hidden = ["https://lambda.us-east-1.amazonaws.com/_martlet/health", "http://localhost/_martlet/health"]
    assert platform.do("https", urls=hidden) == {url: 404 for url in hidden}
    # Names with any number of labels have certificates; what is behind them answers for itself.
    deep = ["https://my.dotted.bucket.s3.us-east-1.amazonaws.com/key", "https://abc.lambda-url.us-east-1.on.aws/"]
    assert all(isinstance(status, int) for status in platform.do("https", urls=deep).values())


def test_http2_and_http1_by_alpn(platform):
    for offer, chosen in ((["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1")):
        protocol, version, issuer, names = platform.do("protocols", offer=offer)
        assert (protocol, version, issuer) == (chosen, "TLSv1.3", "Martlet")
        assert names == [["DNS", "sqs.us-east-1.amazonaws.com"]]


def test_a_function_keeps_its_own_variables(platform):
    names = ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"]
    bundle = "/etc/pki/tls/certs/ca-bundle.crt"
    assert platform.do("environment", names=names) == dict(zip(names, [bundle, bundle, bundle, None]))
    own = {"AWS_CA_BUNDLE": "/var/task/mine.pem", "SSL_CERT_FILE": ""}
    platform.deploy("own", {"app.py": PYTHON}, runtime="python3.11", Environment={"Variables": own})
    seen = platform.do("environment", "own", names=names)
    assert seen == {"AWS_CA_BUNDLE": own["AWS_CA_BUNDLE"], "REQUESTS_CA_BUNDLE": bundle, "SSL_CERT_FILE": "", "NODE_EXTRA_CA_CERTS": None}


def test_custom_runtimes_trust_it_too(platform):
    bootstrap = r"""#!/usr/bin/python3
import json, os, ssl, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    event = urllib.request.urlopen(api + "next")
    id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    seen = {"variables": {n: os.environ.get(n) for n in ("AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")}, "status": {}}
    # As programs do that were built for Amazon Linux, for Debian and for others, and one that looks into a folder.
    for where in ({"cafile": "/etc/pki/tls/certs/ca-bundle.crt"}, {"cafile": "/etc/ssl/certs/ca-certificates.crt"}, {"cafile": "/etc/ssl/cert.pem"},
                  {"capath": "/etc/ssl/certs"}, {"cafile": "/etc/pki/ca-trust/source/anchors/martlet.pem"}):
        context = ssl.create_default_context(**where)
        url = "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
        seen["status"][str(where)] = urllib.request.urlopen(url, context=context).status
    urllib.request.urlopen(urllib.request.Request(api + id + "/response", data=json.dumps(seen).encode(), method="POST")).read()
"""
    platform.deploy("custom", {"bootstrap": bootstrap}, runtime="provided.al2023", Timeout=30)
    seen = platform.do("", "custom")
    assert seen["variables"] == {
        "AWS_CA_BUNDLE": "/etc/pki/tls/certs/ca-bundle.crt", "NODE_EXTRA_CA_CERTS": "/etc/pki/ca-trust/source/anchors/martlet.pem",
        "SSL_CERT_FILE": "/etc/pki/tls/certs/ca-bundle.crt",
    }
    assert len(seen["status"]) == 5 and set(seen["status"].values()) == {200}, seen


def test_node(platform):
    names = ["sqs.us-east-1.amazonaws.com", "x.localhost", "example.org"]
    platform.deploy("node", {"index.js": NODE}, runtime="nodejs20.x", handler="index.handler", Timeout=60, MemorySize=512)
    seen = platform.do("", "node", names=names)
    for way in ("lookup", "resolve4"):
        assert seen["found"][way] == {names[0]: ["127.0.0.1"], names[1]: ["127.0.0.1"], names[2]: "ENOTFOUND"}
    assert seen["found"]["resolve6"] == {names[0]: "ENODATA", names[1]: "ENODATA", names[2]: "ENOTFOUND"}
    status, body = seen["sts"]
    assert status == 200 and IDENTITY % "node" in body, seen
    assert (seen["fetched"], seen["http2"], seen["plain"], seen["local"]) == (200, 200, 200, 404)
    assert seen["variable"] == "/var/runtime/ca-cert.pem"


def test_an_sdk_that_ignores_its_endpoint(platform):
    """The SDK of the machine, told to forget AWS_ENDPOINT_URL."""
    variables = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    platform.deploy("sdk", {"app.py": PYTHON}, runtime="python3.11", Timeout=60, MemorySize=512, Environment={"Variables": variables})
    try:
        _, answers = platform.do("sdk", "sdk")
    except AssertionError as error:
        if "No module named 'boto3'" in str(error):
            pytest.skip("this machine's interpreter has no SDK")
        raise
    expect_answers(answers, "sdk")


def expect_answers(answers, function):
    endpoints = {url.split("/")[2]: answer for url, answer in answers.items()}
    assert all(url.startswith("https://") for url in answers)
    assert set(endpoints) >= {"logs.us-east-1.amazonaws.com", "lambda.us-east-1.amazonaws.com"}
    # The old one has one endpoint for all regions.
    who = [answer for name, answer in endpoints.items() if name.startswith("sts.")]
    assert who and set(who) == {IDENTITY % function}
    assert endpoints["lambda.us-east-1.amazonaws.com"] == "hello"
    assert all(group.startswith("/aws/lambda/") for group in endpoints["logs.us-east-1.amazonaws.com"])


@pytest.fixture(scope="session")
def old_sdk(tmp_path_factory):
    """An SDK from before AWS_ENDPOINT_URL, which brings its own certificates, and requests, which brings others."""
    folder = tmp_path_factory.mktemp("old-sdk")
    # As wheels, which are archives: to unpack and to compile them would take longer than all else.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--dest", folder]
    done = subprocess.run([*command, "boto3==1.17.112", "requests==2.31.0", "urllib3<2"], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("not to be had here: " + done.stderr[-200:])
    package = io.BytesIO()
    wanted = ("endpoints.json", "partitions.json", "_retry.json", "/sts/", "/lambda/", "/logs/")
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for wheel in sorted(folder.glob("*.whl")):
            with zipfile.ZipFile(wheel) as parts:
                for name in parts.namelist():
                    if not name.startswith("botocore/data/") or any(w in name for w in wanted):
                        archive.writestr(name, parts.read(name))
        archive.writestr("app.py", PYTHON)
    return package.getvalue()


def test_an_sdk_too_old_for_the_variable(platform, old_sdk):
    api = platform.client("lambda")
    api.create_function(
        FunctionName="old", Runtime="python3.11", Handler="app.handler", Role=platform.role(), Code={"ZipFile": old_sdk}, Timeout=60, MemorySize=512
    )
    api.get_waiter("function_active_v2").wait(FunctionName="old", WaiterConfig={"Delay": 1})
    version, answers = platform.do("sdk", "old")
    assert version == "1.20.112"
    expect_answers(answers, "old")
    identity = "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    assert platform.do("requests_get", "old", urls=[identity]) == [200]


def test_stems_have_the_same(platform):
    grow_stems(platform)
    used = stems(platform)["used"]
    platform.deploy("stemmed", {"app.py": PYTHON}, runtime="python3.11")
    url = "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    assert platform.do("https", "stemmed", urls=[url]) == {url: 200}
    assert stems(platform)["used"] > used


def gateways(server):
    return [pid for pid in family(server.process.pid) if name(pid) == "launcher-net"]


def test_a_gateway_that_died_is_replaced(platform):
    """Environments that live have names again, and so have new ones, those too that are started while there is none."""
    expected = {"x.localhost": ["127.0.0.1"], "sqs.us-east-1.amazonaws.com": ["127.0.0.1"]}
    answers = [[0, "127.0.0.1"]] * 2
    assert platform.do("look_up", names=list(expected)) == expected
    for round_ in range(3):
        (gateway,) = wait_until(lambda: gateways(platform))
        os.kill(gateway, signal.SIGKILL)
        fresh = "fresh%d" % round_
        platform.deploy(fresh, {"app.py": PYTHON}, runtime="python3.11", Timeout=30)
        for function in ("names", fresh):
            assert platform.do("look_up", function, names=list(expected)) == expected
            assert platform.do("tcp", function, names=list(expected)) == answers
        assert zombies(platform) == []
        assert len(gateways(platform)) == 1 and gateways(platform) != [gateway]
    # Its end is told in the log, and once for each.
    assert platform.log.count("has lost its gateway (signal 9)") == 3


def test_with_the_internet_other_names_are_asked_outside(martlet):
    server = martlet().start()
    api = server.deploy("names", {"app.py": PYTHON}, runtime="python3.11", Timeout=60)

    def do(what, **event):
        return json.load(api.invoke(FunctionName="names", Payload=json.dumps({"do": what, **event}).encode())["Payload"])

    assert do("look_up", names=AWS) == {name: ["127.0.0.1"] for name in AWS}
    # Nobody answers, or somebody that there is none.
    assert do("look_up", names=["does-not-exist.invalid"])["does-not-exist.invalid"][0] in (-2, -3)
    # By TCP too: found, unknown, or, where there is no way out, a failure that is told.
    answers = do("tcp", names=["x.localhost", "does-not-exist.invalid", "x.localhost"])
    assert answers[0] == answers[2] == [0, "127.0.0.1"] and answers[1][0] in (2, 3), answers


def test_the_authority_may_be_another_after_a_restart(martlet):
    server = martlet().start()
    url = "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    api = server.deploy("names", {"app.py": PYTHON}, runtime="python3.11", Timeout=60)

    def ask():
        return json.load(api.invoke(FunctionName="names", Payload=json.dumps({"do": "https", "urls": [url]}).encode())["Payload"])

    assert ask() == {url: 200}
    first = (server.data / "tls/authority.pem").read_text()
    server.stop()
    for name in ("authority.pem", "authority-key.pem"):
        (server.data / "tls" / name).unlink(missing_ok=True)
    server.start()
    assert (server.data / "tls/authority.pem").read_text() != first
    assert ask() == {url: 200}


@pytest.mark.parametrize("port", [53, 9001])
def test_ports_that_sandboxes_need_are_refused(martlet, port):
    server = martlet()
    server.port = port
    with pytest.raises(RuntimeError, match="another use inside sandboxes"):
        server.start()
