"""A Martlet server of a test's own: the built program, driven with real clients."""

import base64
import io
import json
import os
import pwd
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import aws_cli
import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"
ACCOUNT = "000000000000"
OTHER_ACCOUNT = "222222222222"
# What is refused is not tried again.
ONCE = Config(retries={"total_max_attempts": 1}, max_pool_connections=50)
# It keeps the services' models, which take longer to read than most tests last. Threads may share clients, not the making of them.
_SESSION = boto3.session.Session()
_MAKING_CLIENTS = threading.Lock()
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def binary():
    """The program under test: `MARTLET_BINARY`, or what `swift build` made last in the checkout."""
    return Path(os.environ.get("MARTLET_BINARY") or ROOT / ".build/debug/martlet")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def zip_package(files):
    """A function's package: {"app.py": text or bytes}. Every file may be executed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            info.external_attr = 0o100755 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(info, content)
    return out.getvalue()


def function_arn(name):
    return "arn:aws:lambda:%s:%s:function:%s" % (REGION, ACCOUNT, name)


def layer_arn(name, account=ACCOUNT):
    return "arn:aws:lambda:%s:%s:layer:%s" % (REGION, account, name)


def error(call, **parameters):
    """The code, the message and the status with which a call of a boto3 client is refused."""
    try:
        answer = call(**parameters)
    except ClientError as refusal:
        response = refusal.response
        return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError("it was not refused: %r" % (answer,))


def database(engine):
    """The server's arguments for `sqlite` or `postgres`; skips the test where no server of the latter is named."""
    if engine == "sqlite":
        return []
    url = os.environ.get("MARTLET_TEST_POSTGRES")
    if not url:
        pytest.skip("MARTLET_TEST_POSTGRES names no server")
    return ["--database", url]


def kills(server, rounds, work, shortest, longest, ready=lambda: True):
    """Kills the server so often while threads do `work`: functions of an event that is set when the server is gone.

    The moment is any, `shortest` to `longest` seconds after `ready` holds. Gives those seconds when the server is there again.
    """
    for round_ in range(rounds):
        gone = threading.Event()
        threads = [threading.Thread(target=one, args=(gone,), daemon=True) for one in work]
        for thread in threads:
            thread.start()
        wait_until(ready)
        seconds = random.Random(round_).uniform(shortest, longest)
        time.sleep(seconds)
        server.kill9()
        gone.set()
        for thread in threads:
            thread.join(60)
        server.start()
        yield seconds


def wait_until(condition, timeout=60, interval=0.02):
    """The first true answer of `condition`."""
    deadline = time.monotonic() + timeout
    while True:
        if answer := condition():
            return answer
        assert time.monotonic() < deadline, "not within %s s" % timeout
        time.sleep(interval)


def stems(server):
    """What `/_martlet/health` says of the server's stems."""
    return json.loads(server.get("/_martlet/health")[2]).get("stems")


def grow_stems(server, runtime="python3.11", count=2, **more):
    """Invokes a function, after which there are stems of its kind."""
    files = {"app.py": "def handler(e, c): return 1", "app.js": "exports.handler = async () => 1;", "bootstrap": "#!/bin/sh\nexit 1\n"}
    name = "stem-maker-%s" % os.urandom(3).hex()
    server.deploy(name, files, runtime=runtime, **more).invoke(FunctionName=name)
    kind = "provided" if runtime.startswith("provided") else runtime
    wait_until(lambda: stems(server)["runtimes"].get(kind, 0) >= count and stems(server)["starting"] == 0)


def become_nobody(server):
    """The server, not started yet, will run as the account that machines have for nothing in particular."""
    user = pwd.getpwnam("nobody")
    folder = server.folder
    for path in [folder, *(p for p in folder.parents if p.name.startswith(("pytest-", "popen-")))]:
        path.chmod(0o755)
    os.chown(folder, user.pw_uid, user.pw_gid)
    build = folder / "bin"
    build.mkdir()
    for name in ("martlet", "launcher"):
        shutil.copy(binary().with_name(name), build / name)
    # The links in it lead to what sandboxes have.
    shutil.copytree(ROOT / "Runtimes", folder / "Runtimes", symlinks=True)
    server.environment["MARTLET_RUNTIMES"] = str(folder / "Runtimes")
    server.command = lambda *words: [
        "setpriv", "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups", "--", str(build / "martlet"),
        *map(str, words),
    ]


class Martlet:
    """A server in a folder of its own. Its data survive `kill9` and `restart`; `log` holds what it printed."""

    def __init__(self, folder, *arguments, environment=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = self.folder / "data"
        self.log_file = self.folder / "martlet.log"
        self.arguments = list(arguments)
        self.environment = environment or {}
        self.port = free_port()
        self.process = None
        self.keeps_time = False
        """Whether tests count on its clock, so that none may move it."""

    # Life

    def command(self, *arguments):
        return [str(binary()), *map(str, arguments)]

    def start(self, *arguments, timeout=60):
        """Starts it and waits until it is ready. Further arguments are for this start only."""
        assert self.process is None, "it runs already"
        command = self.command("up", "--port", self.port, "--data", self.data, *self.arguments, *arguments)
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self.clean_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + timeout
        while not self.is_ready():
            if self.process.poll() is not None:
                status, self.process = self.process.returncode, None
                raise RuntimeError("martlet ended with status %s:\n%s" % (status, self.log))
            if time.monotonic() > deadline:
                self.kill9()
                raise RuntimeError("martlet was not ready after %s s:\n%s" % (timeout, self.log))
            time.sleep(0.01)
        return self

    def is_ready(self):
        try:
            return self.get("/_martlet/health")[0] == 200
        except OSError:
            return False

    def stop(self, timeout=60):
        """Asks it to end, and gives its exit status."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("martlet did not stop within %s s:\n%s" % (timeout, self.log)) from None
        finally:
            self.process = None

    def kill9(self):
        """Ends it without a chance to do anything more."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self, *arguments):
        """Stops it gracefully, unless it is dead already, and starts it on the same data."""
        self.stop()
        return self.start(*arguments)

    @property
    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    # Clients

    @property
    def url(self):
        return "%s://127.0.0.1:%d" % ("https" if "--tls-only" in self.arguments else "http", self.port)

    @property
    def secure_url(self):
        """With `--tls-self-signed`: where it speaks TLS."""
        return "https://localhost:%d" % self.port

    @property
    def authority(self):
        """With `--tls-self-signed`: the file with the certificate to trust."""
        return str(self.data / "tls/authority.pem")

    def clean_environment(self):
        """This process's environment without what would lead clients elsewhere, and with the server's own variables."""
        unwanted = ("AWS_", "MARTLET_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(unwanted)}
        for name in ("MARTLET_RUNTIMES", "MARTLET_TEST_POSTGRES"):
            if name in os.environ:
                kept[name] = os.environ[name]
        return {**kept, **self.environment}

    def client(self, service, key="test", secret="test", region=REGION, token=None, **more):
        """A boto3 client with default settings."""
        keys = {"aws_access_key_id": key, "aws_secret_access_key": secret, "aws_session_token": token}
        with _MAKING_CLIENTS:
            return _SESSION.client(service, region_name=region, endpoint_url=self.url, **keys, **more)

    def aws(self, *words, check=True, key="test", secret="test", input=None, cwd=None):
        """Runs the aws CLI; with `check`, gives its standard output, as JSON if it is that, else the finished process."""
        environment = {
            **self.clean_environment(),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_PAGER": "",
        }
        words = [str(word) for word in words]
        done = aws_cli.run(words, environment, cwd or self.folder, input)
        if not check:
            return done
        assert done.returncode == 0, "aws %s\n%s%s" % (" ".join(words), done.stdout, done.stderr)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout

    def run(self, *words, timeout=60):
        """Runs another command of the program against this server."""
        return subprocess.run(
            self.command(*words), env=self._command_environment(), cwd=self.folder, capture_output=True, text=True, timeout=timeout
        )

    def begin(self, *words):
        """Starts another command of the program against this server; its output comes as bytes."""
        return subprocess.Popen(
            self.command(*words), env=self._command_environment(), cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )

    def _command_environment(self):
        return {**self.clean_environment(), "MARTLET_PORT": str(self.port), "MARTLET_DATA": str(self.data)}

    def get(self, path, headers=None, method="GET", body=None):
        """A plain HTTP request: status, headers, body."""
        request = urllib.request.Request(self.url + path, data=body, headers=headers or {}, method=method)
        handlers = [urllib.request.ProxyHandler({})]
        if self.url.startswith("https:"):
            # The file is there only when the server is.
            if not os.path.exists(self.authority):
                raise OSError("not ready")
            handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.authority)))
        opener = urllib.request.build_opener(*handlers)
        try:
            with opener.open(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    # Shortcuts

    def role(self, name="test-role"):
        """The ARN of an execution role, made if it is missing."""
        iam = self.client("iam")
        try:
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        except iam.exceptions.EntityAlreadyExistsException:
            pass
        return "arn:aws:iam::%s:role/%s" % (ACCOUNT, name)

    def deploy(self, name, files, runtime="python3.12", handler="app.handler", **more):
        """Creates a function and waits until it is active; gives the client that did it."""
        api = self.client("lambda")
        api.create_function(
            FunctionName=name, Runtime=runtime, Handler=handler, Role=self.role(), Code={"ZipFile": zip_package(files)}, **more
        )
        api.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        return api

    def invoke(self, name, event=None, key="test", **more):
        """The answer of a function that succeeds."""
        result = self.client("lambda", key=key).invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail", **more)
        body = result["Payload"].read()
        assert "FunctionError" not in result, body + base64.b64decode(result["LogResult"])
        return json.loads(body)

    def publish_layer(self, name, files, **more):
        """The ARN of a new version of a layer with these files."""
        return self.client("lambda").publish_layer_version(LayerName=name, Content={"ZipFile": zip_package(files)}, **more)["LayerVersionArn"]
