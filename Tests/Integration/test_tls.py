"""TLS: certificates of the platform's own and of the user's, beside plain HTTP on one port."""

import json
import os
import shutil
import socket
import ssl
import stat
import subprocess
import urllib.request

import boto3
import pytest
from botocore.config import Config
from martlet import REGION

HELLO = {"app.py": "def handler(event, context): return {'got': len(event.get('text', ''))}"}


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    from martlet import Martlet

    server = Martlet(tmp_path_factory.mktemp("tls"), "--tls-self-signed", "--host-suffix", "cloud.test")
    server.start()
    yield server
    server.stop()


def boto(server, service, **more):
    return boto3.client(
        service, region_name=REGION, endpoint_url=server.secure_url, verify=server.authority, aws_access_key_id="test",
        aws_secret_access_key="test", **more,
    )


def openssl(*words, input=""):
    return subprocess.run(["openssl", *map(str, words)], input=input, capture_output=True, text=True, timeout=20)


def make_pair(folder, name, key="ec"):
    """A self-signed certificate of the user's own."""
    certificate, key_file = folder / (name + ".pem"), folder / (name + "-key.pem")
    kind = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], "rsa": ["rsa:2048"]}[key]
    done = openssl(
        "req", "-x509", "-newkey", *kind, "-nodes", "-keyout", key_file, "-out", certificate, "-days", "30", "-subj", "/CN=" + name,
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
    )
    assert done.returncode == 0, done.stderr
    return certificate, key_file


def handshake(port, name, cafile, **options):
    """The certificate and what was negotiated, with the name verified."""
    context = ssl.create_default_context(cafile=cafile)
    context.set_alpn_protocols(options.get("alpn", []))
    if "maximum" in options:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = options["maximum"]
        context.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname=name) as tls:
            return tls.getpeercert(), tls.version(), tls.selected_alpn_protocol()


def test_it_tells_where_the_certificate_is(secure):
    assert "https://localhost:%d" % secure.port in secure.log
    assert "clients trust " + secure.authority in secure.log
    assert len(secure.log.strip().splitlines()) == 1
    health = json.loads(secure.get("/_martlet/health")[2])
    assert health["tls"]["trust"] == secure.authority and health["tls"]["plainHTTP"] is True
    with open(secure.authority, "rb") as file:
        assert secure.get("/_martlet/authority.pem")[2] == file.read()


def test_the_key_is_for_the_owner_alone(secure):
    key = secure.data / "tls/authority-key.pem"
    assert stat.S_IMODE(os.stat(key).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(key.parent).st_mode) == 0o700


@pytest.mark.parametrize(
    "name",
    [
        "localhost", "127.0.0.1", "sqs.localhost", "bucket.s3.localhost", "lambda.us-east-1.amazonaws.com",
        "my.dotted.bucket.s3.eu-west-1.amazonaws.com", "abc123.lambda-url.us-east-1.on.aws", "localhost.localstack.cloud",
        "lambda.us-east-1.localhost.localstack.cloud", "cloud.test", "a.b.cloud.test",
    ],
)
def test_every_name_has_its_certificate(secure, name):
    certificate, version, _ = handshake(secure.port, name, secure.authority)
    assert version == "TLSv1.3"


def test_foreign_names_have_none(secure):
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(secure.port, "example.com", secure.authority)


def test_versions(secure):
    assert handshake(secure.port, "localhost", secure.authority, maximum=ssl.TLSVersion.TLSv1_2)[1] == "TLSv1.2"
    with pytest.raises(ssl.SSLError):
        handshake(secure.port, "localhost", secure.authority, maximum=ssl.TLSVersion.TLSv1_1)


@pytest.mark.parametrize("offered, chosen", [(["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), (["spdy/3"], None), ([], None)])
def test_alpn(secure, offered, chosen):
    assert handshake(secure.port, "localhost", secure.authority, alpn=offered)[2] == chosen


def test_nobody_trusts_it_unasked(secure):
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(secure.secure_url + "/_martlet/health", timeout=10)


def test_boto3_works_over_it(secure):
    secure.deploy("secure", HELLO)
    api = boto(secure, "lambda", config=Config(retries={"total_max_attempts": 1}))
    payload = json.dumps({"text": "x" * 5_000_000})
    answer = api.invoke(FunctionName="secure", Payload=payload)
    assert json.load(answer["Payload"]) == {"got": 5_000_000}
    location = api.get_function(FunctionName="secure")["Code"]["Location"]
    assert location.startswith(secure.secure_url)


def test_too_large_is_answered_while_it_is_sent(secure, tmp_path):
    """The answer comes through before the connection is closed, inside TLS too."""
    body = tmp_path / "body"
    body.write_bytes(b"x" * 20_000_000)
    done = subprocess.run(
        ["curl", "-sS", "--http1.1", "--cacert", secure.authority, "--data-binary", "@%s" % body, "-w", " %{http_code}",
         secure.secure_url + "/2015-03-31/functions/none/invocations"],
        env=secure.clean_environment(), capture_output=True, text=True, timeout=60,
    )
    assert done.stdout.endswith(" 413"), done.stdout + done.stderr


def test_the_cli_works_with_what_env_prints(secure):
    done = secure.run("env", "--data", secure.data)
    assert done.returncode == 0, done.stderr
    assert "export AWS_ENDPOINT_URL=%s\n" % secure.secure_url in done.stdout
    script = done.stdout + "\naws sts get-caller-identity --query Account --output text"
    environment = {**secure.clean_environment(), "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    answer = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert answer.stdout.strip() == "000000000000", answer.stderr


def test_a_live_tail_streams_over_it(secure):
    """An answer that is streamed, in chunks of HTTP/1.1 inside TLS."""
    logs = boto(secure, "logs", config=Config(inject_host_prefix=False))
    logs.create_log_group(logGroupName="tail")
    arn = logs.describe_log_groups(logGroupNamePrefix="tail")["logGroups"][0]["logGroupArn"]
    stream = logs.start_live_tail(logGroupIdentifiers=[arn])["responseStream"]
    assert "sessionStart" in next(iter(stream))
    stream.close()


@pytest.mark.skipif(not shutil.which("node"), reason="no node")
def test_node_takes_the_certificate(secure):
    script = "fetch(process.argv[1]).then(r => r.json()).then(h => console.log(h.state))"
    environment = {**secure.clean_environment(), "NODE_EXTRA_CA_CERTS": secure.authority}
    done = subprocess.run(
        ["node", "-e", script, secure.secure_url + "/_martlet/health"], env=environment, capture_output=True, text=True, timeout=30
    )
    assert done.stdout.strip() == "running", done.stderr


def test_our_own_commands_speak_it(secure):
    for endpoint in (secure.secure_url, "https://127.0.0.1:%d" % secure.port):
        done = secure.run("status", "--endpoint", endpoint, "--data", secure.data)
        assert done.returncode == 0 and "plain HTTP too" in done.stdout, done.stderr
    done = secure.run("invoke", "--endpoint", secure.secure_url, "--data", secure.data, "none")
    assert "ResourceNotFoundException" in done.stderr
    done = secure.run("status", "--endpoint", secure.secure_url, "--data", "/nowhere")
    assert done.returncode == 1 and "AWS_CA_BUNDLE" in done.stderr
    assert "not trusted" in done.stderr


def test_presigned_and_signed_requests_over_it(martlet):
    """Signatures cover the name and the port, which HTTP/2 has in :authority."""
    server = martlet("--tls-self-signed", "--auth", "iam").start()
    root = dict(
        line.split(" = ") for line in (server.data / "root.credentials").read_text().splitlines() if " = " in line
    )
    sts = boto3.client(
        "sts", region_name=REGION, endpoint_url=server.secure_url, verify=server.authority,
        aws_access_key_id=root["aws_access_key_id"], aws_secret_access_key=root["aws_secret_access_key"],
    )
    assert sts.get_caller_identity()["Account"]
    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    for version in ("--http1.1", "--http2"):
        done = subprocess.run(
            ["curl", "-sS", version, "--cacert", server.authority, url], env=server.clean_environment(), capture_output=True,
            text=True, timeout=30,
        )
        assert "<Account>" in done.stdout, done.stdout + done.stderr
        bad = subprocess.run(
            ["curl", "-sS", version, "--cacert", server.authority, url.replace("Signature=", "Signature=0")],
            env=server.clean_environment(), capture_output=True, text=True, timeout=30,
        )
        assert "SignatureDoesNotMatch" in bad.stdout


def test_the_authority_stays_over_restarts(martlet):
    server = martlet("--tls-self-signed").start()
    before = open(server.authority).read()
    server.restart()
    assert open(server.authority).read() == before
    server.stop()
    (server.data / "tls/authority-key.pem").write_text("nonsense")
    with pytest.raises(RuntimeError, match="damaged"):
        server.start()


def test_plain_http_can_be_refused(martlet):
    server = martlet("--tls-self-signed", "--tls-only").start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(b"GET /_martlet/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = client.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400") and b"HTTPS only" in answer
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        assert client.recv(100) == b""
    assert "HTTPS only" in server.run("status").stderr
    done = server.run("env", "--data", server.data)
    assert "export AWS_ENDPOINT_URL=https://localhost:%d\n" % server.port in done.stdout
    assert "AWS_CA_BUNDLE='%s'" % server.authority in done.stdout
    assert boto(server, "sts").get_caller_identity()["Account"] == "000000000000"


@pytest.mark.parametrize("key", ["ec", "rsa"])
def test_a_certificate_of_the_users(martlet, tmp_path, key):
    certificate, key_file = make_pair(tmp_path, "mine", key)
    # As of Let's Encrypt: for root alone. It is read before the server gives root up.
    os.chmod(key_file, 0o600)
    server = martlet("--tls-cert", certificate, "--tls-key", key_file).start()
    served, version, _ = handshake(server.port, "localhost", str(certificate))
    assert served["subject"] == ((("commonName", "mine"),),) and version == "TLSv1.3"
    health = json.loads(server.get("/_martlet/health")[2])
    assert health["tls"]["trust"] == str(certificate)
    assert server.get("/_martlet/authority.pem")[0] == 404
    # It names localhost and 127.0.0.1 only, whatever else is asked for.
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server.port, "sqs.us-east-1.amazonaws.com", str(certificate))


def test_senseless_certificates_are_refused_in_words(martlet, tmp_path):
    certificate, key = make_pair(tmp_path, "a")
    _, other = make_pair(tmp_path, "b")
    locked = tmp_path / "locked.pem"
    assert openssl("ec", "-in", key, "-aes128", "-passout", "pass:x", "-out", locked).returncode == 0
    cases = [
        (["--tls-cert", certificate], "--tls-key"),
        (["--tls-key", key], "--tls-cert"),
        (["--tls-cert", certificate, "--tls-key", key, "--tls-self-signed"], "one of them"),
        (["--tls-only"], "--tls-self-signed"),
        (["--tls-cert", "/none", "--tls-key", key], "/none cannot be read: No such file"),
        (["--tls-cert", certificate, "--tls-key", tmp_path], "cannot be read"),
        (["--tls-cert", certificate, "--tls-key", certificate], "no private key"),
        (["--tls-cert", key, "--tls-key", key], "no certificate"),
        (["--tls-cert", certificate, "--tls-key", other], "does not belong"),
        (["--tls-cert", certificate, "--tls-key", locked], "passphrase"),
    ]
    server = martlet()
    for arguments, message in cases:
        done = subprocess.run(
            server.command("up", "--port", "0", "--data", server.data, *arguments), env=server.clean_environment(),
            capture_output=True, text=True, timeout=20,
        )
        assert done.returncode == 1 and message in done.stderr, (arguments, done.stderr)
        assert len(done.stderr.strip().splitlines()) <= 2


def test_options_come_from_the_environment(martlet, tmp_path):
    certificate, key = make_pair(tmp_path, "mine")
    server = martlet(environment={"MARTLET_TLS_CERT": str(certificate), "MARTLET_TLS_KEY": str(key)}).start()
    assert handshake(server.port, "localhost", str(certificate))
    server = martlet(environment={"MARTLET_TLS_SELF_SIGNED": "1"}).start()
    assert handshake(server.port, "localhost", server.authority)
    assert "https" in server.run("env", "--data", server.data).stdout


def test_a_certificate_that_ends_is_told(martlet, tmp_path):
    certificate, key = make_pair(tmp_path, "old")
    done = openssl(
        "req", "-x509", "-key", key, "-out", certificate, "-days", "3", "-subj", "/CN=old", "-addext", "subjectAltName=DNS:localhost"
    )
    assert done.returncode == 0, done.stderr
    server = martlet("--tls-cert", certificate, "--tls-key", key).start()
    assert "WARNING: the certificate ends " in server.log


def test_without_it_no_tls_is_spoken(martlet):
    server = martlet().start()
    # The authority is for functions alone.
    assert server.get("/_martlet/authority.pem")[0] == 404
    assert "tls" not in json.loads(server.get("/_martlet/health")[2])
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(bytes([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]))
        assert client.recv(1000).startswith(b"HTTP/1.1 400")
