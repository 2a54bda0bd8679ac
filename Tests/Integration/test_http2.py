"""HTTP/2, by ALPN and with prior knowledge, with real clients and with hostile ones. Frames by hand are in h2frames.py."""

import asyncio
import hashlib
import json
import shutil
import ssl
import subprocess
import threading
import time

import boto3
import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from h2frames import GET, POST, Peer, data, frame, headers, ping, reset, settings
from martlet import REGION, Martlet

ECHO = {
    "app.py": "import time\n"
    "def handler(event, context):\n"
    "    time.sleep(event.get('sleep', 0))\n"
    "    return {'text': event.get('text', ''), 'more': 'y' * event.get('more', 0)}\n"
}
INVOKE = "/2015-03-31/functions/echo/invocations"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Martlet(tmp_path_factory.mktemp("h2"), "--tls-self-signed")
    server.start()
    server.deploy("echo", ECHO)
    yield server
    assert server.stop() == 0


@pytest.fixture(params=["https", "prior knowledge"])
def client(request, server):
    """A client that speaks HTTP/2 only."""
    url = server.secure_url if request.param == "https" else server.url
    context = ssl.create_default_context(cafile=server.authority)
    with httpx.Client(http2=True, http1=False, base_url=url, verify=context, trust_env=False, timeout=60) as client:
        yield client


def curl(server, *words):
    done = subprocess.run(["curl", "-sS", *words], env=server.clean_environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_by_alpn_and_with_prior_knowledge(server):
    path = "/_martlet/health"
    version = ["-o", "/dev/null", "-w", "%{http_version} %{http_code}"]
    assert curl(server, *version, "--http2", "--cacert", server.authority, server.secure_url + path) == "2 200"
    assert curl(server, *version, "--http1.1", "--cacert", server.authority, server.secure_url + path) == "1.1 200"
    assert curl(server, *version, "--http2-prior-knowledge", server.url + path) == "2 200"
    # Asks to upgrade, which is not taken: it stays with HTTP/1.1.
    assert curl(server, *version, "--http2", server.url + path) == "1.1 200"


def test_curl_sends_and_gets_six_megabytes(server, tmp_path):
    body = tmp_path / "body"
    body.write_text(json.dumps({"text": "x" * 6_000_000}))
    answer = tmp_path / "answer"
    for words in (["--http2-prior-knowledge", server.url + INVOKE], ["--http2", "--cacert", server.authority, server.secure_url + INVOKE]):
        curl(server, "-o", answer, "--data-binary", "@%s" % body, *words)
        assert json.loads(answer.read_text())["text"] == "x" * 6_000_000


def test_too_large_is_answered_while_it_is_sent(server, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(b"x" * 20_000_000)
    answer = curl(server, "-w", " %{http_code}", "--data-binary", "@%s" % body, "--http2-prior-knowledge", server.url + INVOKE)
    assert answer.endswith(" 413") and "RequestEntityTooLargeException" in answer or "must be smaller" in answer
    assert curl(server, "--http2-prior-knowledge", server.url + "/_martlet/health")


def test_httpx_invokes(client):
    answer = client.post(INVOKE, json={"text": "hello", "more": 3_000_000})
    assert answer.http_version == "HTTP/2" and answer.status_code == 200
    assert answer.json() == {"text": "hello", "more": "y" * 3_000_000}
    assert answer.headers["x-amz-executed-version"] == "$LATEST"
    missing = client.post(INVOKE.replace("echo", "none"), json={})
    assert missing.status_code == 404 and missing.headers["x-amzn-errortype"] == "ResourceNotFoundException"


@pytest.mark.parametrize("secure", [True, False])
def test_many_at_once_on_one_connection(server, secure):
    context = ssl.create_default_context(cafile=server.authority)

    async def ask():
        options = dict(http2=True, http1=False, verify=context, trust_env=False, timeout=60)
        async with httpx.AsyncClient(base_url=server.secure_url if secure else server.url, **options) as client:
            calls = [client.post(INVOKE, json={"text": str(n), "sleep": 0.05}) for n in range(100)]
            return [answer.json()["text"] for answer in await asyncio.gather(*calls)]

    assert asyncio.run(ask()) == [str(n) for n in range(100)]


def test_errors_are_those_of_http_1(client, server):
    for path, extra in [("/nowhere/at/all", {}), ("/_martlet/nothing", {}), (INVOKE, {"host": "evil.example"}), ("/", {"origin": "http://evil.example"})]:
        two = client.get(path, headers=extra)
        with httpx.Client(http1=True, base_url=server.url, trust_env=False) as one:
            plain = one.get(path, headers=extra)
        assert (two.status_code, two.headers.get("x-amzn-errortype")) == (plain.status_code, plain.headers.get("x-amzn-errortype")), path


def test_signed_requests(martlet):
    server = martlet("--auth", "iam").start()
    lines = (server.data / "root.credentials").read_text().splitlines()
    key = dict(line.split(" = ") for line in lines if " = " in line)
    session = boto3.session.Session(key["aws_access_key_id"], key["aws_secret_access_key"])
    body = "Action=GetCallerIdentity&Version=2011-06-15"

    def call(spoil):
        request = AWSRequest("POST", server.url + "/", data=body, headers={"content-type": "application/x-www-form-urlencoded"})
        SigV4Auth(session.get_credentials(), "sts", REGION).add_auth(request)
        with httpx.Client(http2=True, http1=False, trust_env=False) as client:
            return client.post(server.url + "/", content=body + spoil, headers=dict(request.headers))

    good = call("")
    assert good.http_version == "HTTP/2" and "<Account>" in good.text, good.text
    assert "SignatureDoesNotMatch" in call("&X=1").text


def test_a_live_tail_streams(client, server):
    """Events leave as they happen: an answer without an end."""
    logs = server.client("logs")
    group = "tail-%s" % hashlib.sha1(str(time.time()).encode()).hexdigest()[:8]
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    arn = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["logGroupArn"]
    sent = {"x-amz-target": "Logs_20140328.StartLiveTail", "content-type": "application/x-amz-json-1.1"}
    with client.stream("POST", "/", headers=sent, content=json.dumps({"logGroupIdentifiers": [arn]})) as answer:
        assert answer.http_version == "HTTP/2" and answer.status_code == 200
        pieces = answer.iter_raw()
        seen = b""
        while b"sessionStart" not in seen:
            seen += next(pieces)
        logs.put_log_events(
            logGroupName=group, logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": "seen"}]
        )
        while b"seen" not in seen:
            seen += next(pieces)


@pytest.mark.skipif(not shutil.which("node"), reason="no node")
@pytest.mark.parametrize("secure", [True, False])
def test_node_http2(server, secure):
    script = """
        const http2 = require('http2'), fs = require('fs')
        const [url, ca, path] = process.argv.slice(1)
        const session = http2.connect(url, {ca: fs.readFileSync(ca)})
        let left = 20
        for (let n = 0; n < 20; n++) {
            const stream = session.request({':path': path, ':method': 'POST'})
            let text = ''
            stream.setEncoding('utf8').on('data', d => text += d).on('end', () => {
                if (JSON.parse(text).text !== 'n' + n) throw text
                if (--left === 0) { console.log('done'); session.close() }
            })
            stream.end(JSON.stringify({text: 'n' + n, more: 100000}))
        }
    """
    url = server.secure_url if secure else server.url.replace("127.0.0.1", "localhost")
    done = subprocess.run(["node", "-e", script, url, server.authority, INVOKE], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "done", done.stderr


def test_shutdown_lets_running_calls_end(martlet):
    server = martlet().start()
    server.deploy("echo", ECHO)
    idle = Peer(server.port)
    idle.open()
    busy = Peer(server.port)
    busy.open()
    busy.send(headers(1, POST | {":path": INVOKE}, end=False), data(1, b'{"sleep": 1}', end=True))
    time.sleep(0.5)
    stopped = []
    stopper = threading.Thread(target=lambda: stopped.append(server.stop()))
    stopper.start()
    assert idle.ends_with_goaway() == 0
    answer = busy.answers(1)
    assert answer[1] == ("200", b'{"text": "", "more": ""}')
    assert busy.goaway == 0
    stopper.join()
    assert stopped == [0]


# Hostile peers


def still_well(server):
    with httpx.Client(http2=True, http1=False, base_url=server.url, trust_env=False) as client:
        assert client.get("/_martlet/health").status_code == 200


@pytest.mark.parametrize(
    "name, extra",
    [
        ("connection", "close"), ("transfer-encoding", "chunked"), ("keep-alive", "timeout=5"), ("proxy-connection", "close"),
        ("upgrade", "h2c"), ("te", "gzip"), ("X-Upper", "1"), ("x-a", "1\r\nhost: evil"), ("x-a", "a\0b"), (":path", "/twice"),
        (":status", "200"), (":unknown", "1"), ("x a", "1"),
    ],
)
def test_malformed_requests_end_their_stream_only(server, name, extra):
    peer = Peer(server.port)
    peer.open()
    peer.send(headers(1, GET, more=[(name, extra)]), headers(3, GET))
    answers = peer.answers(3)
    assert peer.resets == {1: 1} and answers[3][0] == "200" and peer.goaway is None


@pytest.mark.parametrize("change", [{"host": "evil"}, {":authority": ""}, {":path": "no/slash"}, {":path": "/a b"}, {":scheme": "ftp"}, {":method": "CONNECT"}])
def test_ambiguous_requests_are_refused(server, change):
    peer = Peer(server.port)
    peer.open()
    peer.send(headers(1, GET | change))
    answers = peer.answers(1)
    assert peer.resets.get(1) == 1 or answers[1][0] == "400"


def flood_of_resets(peer):
    for stream in range(1, 2000, 2):
        peer.send(headers(stream, POST | {":path": INVOKE}, end=False), data(stream, b"{}", end=True), reset(stream))


def flood_of_continuations(peer):
    peer.send(frame(1, 1, 1, b"\x82"))
    for _ in range(10_000):
        peer.send(frame(9, 0, 1, b""))


def hpack_bomb(peer):
    block = headers(1, GET, more=[("x-bomb", "b" * 3900)])[9:]
    peer.send(frame(1, 4 | 1, 1, block[:300] + block[300:] + b"\xbe" * 10_000))


def endless_head(peer):
    peer.send(frame(1, 1, 1, b"\x40\x01a\x7f\xff\xff\xff\x07"))
    for _ in range(1000):
        peer.send(frame(9, 0, 1, b"x" * 16_000))


ATTACKS = {
    "rapid resets": flood_of_resets,
    "continuations": flood_of_continuations,
    "hpack bomb": hpack_bomb,
    "endless head": endless_head,
    "pings": lambda peer: peer.send(*[ping()] * 20_000),
    "settings": lambda peer: peer.send(*[settings()] * 20_000),
    "empty data": lambda peer: peer.send(headers(1, POST, end=False), *[data(1, b"")] * 20_000),
    "a frame too large": lambda peer: peer.send(frame(0, 0, 1, b"x" * 20_000)),
    "windows that overflow": lambda peer: peer.send(*[frame(8, 0, 0, b"\x7f\xff\xff\xff")] * 2),
    "a window of nothing": lambda peer: peer.send(frame(8, 0, 0, b"\0\0\0\0")),
    "data for no stream": lambda peer: peer.send(data(1, b"x")),
    "a stream of the server's": lambda peer: peer.send(headers(2, GET)),
    "a stream twice": lambda peer: peer.send(headers(3, GET), headers(1, GET)),
    "more than the window": lambda peer: peer.send(headers(1, POST | {":path": INVOKE}, end=False), *[data(1, b"x" * 16_384)] * 2_000),
    "bad settings": lambda peer: peer.send(frame(4, 0, 0, b"\0\x05\0\0\0\x01")),
    "a field without a name": lambda peer: peer.send(headers(1, GET, more=[("", "1")])),
    "noise": lambda peer: peer.send(bytes(range(255, 0, -1)) * 100),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_end_the_connection_and_nothing_else(server, attack):
    peer = Peer(server.port)
    peer.open()
    began = time.monotonic()
    try:
        ATTACKS[attack](peer)
    except OSError:
        pass
    if attack == "more than the window":
        # Every byte that is within the limits is taken; what is beyond them is answered, or the connection ends.
        peer.answers(1, patience=10)
    else:
        peer.until_closed()
    assert time.monotonic() - began < 20
    peer.close()
    still_well(server)


def test_attacks_cost_no_memory(server, figure):
    def resident():
        with open("/proc/%d/statm" % server.process.pid) as file:
            return int(file.read().split()[1]) * 4096

    before = resident()
    for _ in range(5):
        for attack in ("continuations", "hpack bomb", "endless head", "settings", "pings"):
            peer = Peer(server.port)
            peer.open()
            try:
                ATTACKS[attack](peer)
            except OSError:
                pass
            peer.until_closed()
            peer.close()
    grown = resident() - before
    figure("resident bytes after 25 attacks", grown)
    assert grown < 64 << 20


def test_a_client_that_takes_no_answers_holds_no_others_up(server):
    """No window for its answers: they wait, and others go on."""
    stuck = Peer(server.port)
    stuck.open(initial_window=0)
    for stream in range(1, 40, 2):
        stuck.send(headers(stream, POST | {":path": INVOKE}, end=False), data(stream, b'{"more": 100000}', end=True))
    still_well(server)
    stuck.close()
