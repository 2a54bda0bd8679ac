"""What is measured: Martlet, and its peers."""

import http.client
import io
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

HERE = Path(__file__).resolve().parent
REGION = "us-east-1"


class Unsupported(Exception):
    """Why an endpoint has no figure here."""


@dataclass
class Package:
    """A function: its files (name to bytes), and what it needs. `kind` is python, node or native."""

    kind: str
    files: dict
    handler: str
    memory: int | None = None
    timeout: int = 60
    environment: dict = field(default_factory=dict)
    _zip: bytes = b""

    def zip(self):
        if not self._zip:
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
                for name, content in self.files.items():
                    info = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
                    info.external_attr = 0o100755 << 16
                    info.compress_type = zipfile.ZIP_DEFLATED
                    package.writestr(info, content)
            self._zip = out.getvalue()
        return self._zip


class Target:
    """A function that can be invoked, and how."""

    def __init__(self, port, path, remove, sign=None, name=None):
        self.port, self.path, self.remove, self.sign, self.name = port, path, remove, sign, name

    def headers(self, body):
        headers = {"Host": "127.0.0.1:%d" % self.port, "Content-Type": "application/json"}
        return self.sign(self.path, headers, body) if self.sign else headers

    def request(self, body):
        lines = "".join("%s: %s\r\n" % header for header in self.headers(body).items())
        return ("POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n" % (self.path, lines, len(body))).encode() + body


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(home, **more):
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": str(home), **more}


def end(process):
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Server:
    """A server that speaks the Lambda API, with an empty data folder."""

    #: What its functions have, in MB, unless they say otherwise.
    memory = 1769
    name = ""
    ready = "/"

    def __init__(self):
        self.process = self.root = None
        self.runtimes = {}

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {**os.environ, "NO_COLOR": "1"}

    def keys(self):
        return "test", "test"

    def sign(self):
        """A function that signs headers; nil where any key is good."""

    def start(self):
        """Milliseconds until it is ready."""
        self.root = None
        self.folder = Path(tempfile.mkdtemp(prefix="martlet-bench-"))
        self.port = free_port()
        began = time.perf_counter()
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", self.ready)
                if connection.getresponse().read() is not None:
                    break
            except OSError:
                if self.process.poll() is not None or time.perf_counter() - began > 60:
                    raise RuntimeError((self.folder / "log").read_text(errors="replace")) from None
                time.sleep(0.001)
        elapsed = (time.perf_counter() - began) * 1000
        self.api = self.client("lambda")
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        self.role = self.client("iam").create_role(
            RoleName="bench", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        )["Role"]["Arn"]
        return elapsed

    def stop(self):
        if self.process:
            end(self.process)
            self.remove()

    def remove(self):
        """What an ended server leaves."""
        self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, service):
        key, secret = self.keys()
        session = boto3.session.Session(aws_access_key_id=key, aws_secret_access_key=secret)
        return session.client(service, region_name=REGION, endpoint_url="http://127.0.0.1:%d" % self.port)

    def deploy(self, package, api=None):
        """A new function, never invoked."""
        runtime = self.runtimes.get(package.kind)
        if not runtime:
            raise Unsupported("nothing here runs %s of a version that AWS has" % package.kind)
        api = api or self.api
        name = "bench-" + uuid.uuid4().hex[:12]
        api.create_function(
            FunctionName=name, Runtime=runtime, Handler=package.handler, Role=self.role, MemorySize=package.memory or self.memory,
            Timeout=package.timeout, Code={"ZipFile": package.zip()}, Environment={"Variables": package.environment},
        )
        deadline = time.monotonic() + 60
        while (state := api.get_function_configuration(FunctionName=name).get("State", "Active")) != "Active":
            if state == "Failed" or time.monotonic() > deadline:
                raise RuntimeError("the function's state is " + state)
            time.sleep(0.005)
        path = "/2015-03-31/functions/%s/invocations" % name
        return Target(self.port, path, lambda: api.delete_function(FunctionName=name), self.sign(), name)

    def settle(self):
        """Waits until it has nothing to do that was asked for before."""
        time.sleep(0.5)


class Martlet(Server):
    name = "martlet"
    ready = "/_martlet/health"

    def __init__(self, binary, python, *options, name=None, memory=None, auth="open"):
        """`python` is the runtime of the functions in Python. Those for Node.js run on the version that is here."""
        super().__init__()
        self.binary, self.options, self.auth, self.root = binary, options, auth, None
        self.name, self.memory = name or self.name, memory or self.memory
        self.runtimes = {"python": python, "node": None, "native": "provided.al2023"}
        for line in subprocess.run([binary, "runtimes"], capture_output=True, text=True, check=True).stdout.splitlines():
            if line.startswith("nodejs") and " Node.js " in line and "nearest version" not in line:
                self.runtimes["node"] = self.runtimes["node"] or line.split()[0]

    def variant(self, *options):
        """The same with further options."""
        return Martlet(self.binary, self.runtimes["python"], *self.options, *options, name=self.name, memory=self.memory, auth=self.auth)

    def command(self):
        data = str(self.folder / "data")
        return [self.binary, "up", "--port", str(self.port), "--data", data, "--auth", self.auth, *self.options]

    def keys(self):
        if self.auth == "open":
            return super().keys()
        if not self.root:
            environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
            text = subprocess.run(
                [self.binary, "env", "--data", str(self.folder / "data"), "--endpoint", "http://127.0.0.1:%d" % self.port],
                env=environment, capture_output=True, text=True, check=True,
            ).stdout
            found = dict(re.findall(r"(AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY)='?([^'\s]+)", text))
            self.root = found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]
        return self.root

    def sign(self):
        if self.auth == "open":
            return None
        credentials = Credentials(*self.keys())

        def signed(path, headers, body):
            request = AWSRequest("POST", "http://%s%s" % (headers["Host"], path), data=body, headers=dict(headers))
            SigV4Auth(credentials, "lambda", REGION).add_auth(request)
            return {**headers, **{name: request.headers[name] for name in ("X-Amz-Date", "Authorization")}}

        return signed

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())

    def settle(self):
        deadline = time.monotonic() + 20
        time.sleep(0.5)
        while time.monotonic() < deadline:
            stems = self.get("/_martlet/health").get("stems")
            if not stems or stems["starting"] == 0:
                break
            time.sleep(0.1)
        time.sleep(0.5)


class Ministack(Server):
    """ministack from PyPI: functions are subprocesses, without isolation."""

    name = "ministack"

    def __init__(self, binary, python):
        super().__init__()
        self.binary = binary
        self.runtimes = {"python": python, "node": "nodejs20.x", "native": "provided.al2023"}

    def command(self):
        return [self.binary]

    def environment(self):
        (self.folder / "tmp").mkdir()
        # Loopback only; and no listeners with fixed ports.
        return clean_environment(
            self.folder, GATEWAY_PORT=str(self.port), BIND_HOST="127.0.0.1", SFTP_ENABLED="0", IOT_MTLS_ENABLED="0",
            TMPDIR=str(self.folder / "tmp"), AWS_DEFAULT_REGION=REGION,
        )


class Emulator:
    """AWS's Runtime Interface Emulator: a program that runs one function."""

    name = "emulator"
    process = None
    memory = 1769

    def __init__(self, binary, python):
        self.binary, self.python = binary, python

    def start(self):
        raise Unsupported("it starts with its function")

    def stop(self):
        pass

    def settle(self):
        pass

    def deploy(self, package, api=None):
        if package.kind == "node":
            raise Unsupported("AWS's client for Node.js is not on PyPI")
        folder = Path(tempfile.mkdtemp(prefix="martlet-bench-"))
        for name, content in package.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o755)
        program = [str(folder / "bootstrap")] if package.kind == "native" else [self.python, "-m", "awslambdaric", package.handler]
        port = free_port()
        command = [self.binary, "--log-level", "error", "--runtime-interface-emulator-address", "127.0.0.1:%d" % port]
        command += ["--runtime-api-address", "127.0.0.1:%d" % free_port(), *program]
        environment = clean_environment(
            folder, LAMBDA_TASK_ROOT=str(folder), PYTHONPATH=str(folder), _HANDLER=package.handler, AWS_LAMBDA_FUNCTION_TIMEOUT="60",
            AWS_LAMBDA_FUNCTION_MEMORY_SIZE="1769", **package.environment,
        )
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

        def remove():
            end(process)
            shutil.rmtree(folder, ignore_errors=True)

        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return Target(port, "/2015-03-31/functions/function/invocations", remove)
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    remove()
                    raise RuntimeError("the emulator did not start") from None
                time.sleep(0.002)
