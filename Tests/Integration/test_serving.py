"""Starting, stopping, refusing: what `martlet up` promises before any API is called."""

import contextlib
import json
import resource
import socket
import sqlite3
import subprocess

import pytest


def test_it_says_when_it_is_ready_and_stops_on_request(martlet):
    server = martlet().start()
    line = server.log.strip()
    assert len(line.splitlines()) == 1, line
    assert ":%d" % server.port in line and " ms" in line
    assert server.stop() == 0


def test_health_in_both_forms(server):
    status, _, body = server.get("/_martlet/health")
    health = json.loads(body)
    assert status == 200 and health["version"] and health["state"] == "running"
    assert {"lambda", "logs", "iam", "sts"} <= set(health["services"])
    status, _, body = server.get("/_localstack/health")
    assert status == 200 and json.loads(body)["services"]["lambda"] in ("available", "running")


def test_a_data_folder_in_use_is_refused(martlet):
    first = martlet().start()
    done = subprocess.run(
        first.command("up", "--port", "0", "--data", first.data), env=first.clean_environment(), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1 and "is in use" in done.stderr


def test_a_port_in_use_is_refused(martlet):
    first = martlet().start()
    done = subprocess.run(
        first.command("up", "--port", first.port, "--ephemeral"), env=first.clean_environment(), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1 and str(first.port) in done.stderr


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--host", "0.0.0.0"], "--allow-insecure-bind"),
        (["--auth", "maybe"], "open or iam"),
        (["--port", "99999"], "65535"),
        (["--region", "nowhere"], "us-east-1"),
        (["--database", "mysql://x"], "postgres"),
        (["--ephemeral", "--database", "postgresql://x"], "--ephemeral"),
        (["--ephemeral", "--objects", "objects"], "--objects"),
        (["--objects", "/nowhere/objects"], "--objects is /nowhere/objects, which cannot be made"),
    ],
)
def test_unsafe_and_senseless_options_are_refused(martlet, arguments, message):
    server = martlet()
    done = subprocess.run(
        server.command("up", "--port", "0", "--data", server.data, *arguments), env=server.clean_environment(),
        capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 1 and message in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2


def test_options_come_from_the_environment_too(martlet):
    server = martlet(environment={"MARTLET_REGION": "eu-west-1", "MARTLET_ALLOW_RESET": "1"}).start()
    assert server.get("/_martlet/reset", method="POST")[0] == 200
    api = server.client("logs", region="eu-west-1")
    api.create_log_group(logGroupName="g")
    assert "eu-west-1" in api.describe_log_groups()["logGroups"][0]["arn"]


def test_reset_forgets_everything_and_only_when_allowed(martlet):
    server = martlet().start()
    assert server.get("/_martlet/reset", method="POST")[0] == 403
    assert server.stop() == 0
    server.start("--allow-reset")
    server.role("forgotten")
    server.client("logs").create_log_group(logGroupName="forgotten")
    server.deploy("forgotten", {"app.py": "def handler(e, c): return 1"})
    assert server.get("/_martlet/reset", method="POST")[0] == 200
    assert server.client("lambda").list_functions()["Functions"] == []
    assert server.client("iam").list_roles()["Roles"] == []
    assert server.client("logs").describe_log_groups()["logGroups"] == []
    server.deploy("anew", {"app.py": "def handler(e, c): return 2"}).invoke(FunctionName="anew")


def test_web_pages_and_unknown_hosts_are_kept_out(server):
    assert server.get("/", headers={"Host": "evil.example"})[0] == 403
    assert server.get("/", headers={"Origin": "http://evil.example"})[0] == 403
    assert server.get("/_martlet/health", headers={"Origin": "http://evil.example"})[0] == 403


def test_accounts_are_apart(server, name):
    one, two = (server.client("logs", key=key) for key in ("111111111111", "222222222222"))
    one.create_log_group(logGroupName=name)
    assert two.describe_log_groups(logGroupNamePrefix=name)["logGroups"] == []
    assert server.client("sts", key="111111111111").get_caller_identity()["Account"] == "111111111111"
    assert server.client("sts").get_caller_identity()["Account"] == "000000000000"


def test_iam_mode_verifies_signatures_and_trusts_the_root_alone(martlet):
    server = martlet("--auth", "iam").start()
    lines = dict(l.removeprefix("export ").split("=", 1) for l in server.run("env").stdout.splitlines() if l.startswith("export"))
    key, secret = lines["AWS_ACCESS_KEY_ID"], lines["AWS_SECRET_ACCESS_KEY"]
    assert server.client("sts", key, secret).get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"
    for wrong in [("test", "test"), (key, "wrong")]:
        with pytest.raises(Exception) as refused:
            server.client("lambda", *wrong).list_functions()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert server.client("lambda", key, secret).list_functions()["Functions"] == []
    assert server.run("status").returncode == 0
    # The role of a function works for what needs no permission, and for nothing else.
    role = server.client("iam", key, secret).create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]}))
    session = server.client("sts", key, secret).assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="session")["Credentials"]
    mine = (session["AccessKeyId"], session["SecretAccessKey"])
    assert server.client("sts", *mine, token=session["SessionToken"]).get_caller_identity()["Arn"].endswith("assumed-role/r/session")
    with pytest.raises(Exception) as refused:
        server.client("lambda", *mine, token=session["SessionToken"]).list_functions()
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_thousands_of_idle_connections_are_cheap(martlet, figure):
    """Measured in the server's own process. It starts with the usual soft limit of descriptors, and raises it itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, soft), hard))
    try:
        server = martlet().start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    most = 1 << 20 if hard == resource.RLIM_INFINITY else hard
    count = min(3000, most - 200)
    with contextlib.ExitStack() as ended:
        if soft != resource.RLIM_INFINITY and soft < count + 100:
            resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, hard))
            ended.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

        def connect():
            """A connection that has had an answer, so that the server has it, and waits for the next request."""
            connection = ended.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            connection.sendall(b"GET /_martlet/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")

        for _ in range(100):
            connect()
        before = resident_kilobytes(server.process.pid)
        for _ in range(count - 100):
            connect()
        each = (resident_kilobytes(server.process.pid) - before) / (count - 100)
        figure("idle connections", count)
        figure("KB for each", "%.1f" % each)
        assert each < 64
        assert server.is_ready()
        assert server.client("lambda").list_functions()["Functions"] == []


def resident_kilobytes(pid):
    with open("/proc/%d/status" % pid) as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1])


def test_data_of_a_newer_version_are_refused(martlet):
    server = martlet().start()
    server.client("logs").create_log_group(logGroupName="kept")
    assert server.stop() == 0
    database = next(path for path in server.data.iterdir() if path.suffix in (".sqlite", ".db"))
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO schema_migrations SELECT store, version + 1000, checksum FROM schema_migrations LIMIT 1")
    done = subprocess.run(
        server.command("up", "--port", "0", "--data", server.data), env=server.clean_environment(), capture_output=True, text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "newer version of Martlet" in done.stderr and len(done.stderr.strip().splitlines()) <= 2, done.stderr
    # Nothing was touched: with the schema that is known it starts.
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM schema_migrations WHERE version > 1000")
    server.start()
    assert server.client("logs").describe_log_groups()["logGroups"]
