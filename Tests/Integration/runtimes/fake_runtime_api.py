"""A Runtime API for one bootstrap: hands out given invocations and records what comes back."""

import json
import os
import queue
import signal
import socket
import struct
import subprocess
import threading
import time
import uuid

ARN = "arn:aws:lambda:us-east-1:000000000000:function:sample"


class Exchange:
    """One invocation and its outcome."""

    def __init__(self, event, headers=None):
        self.body = event if isinstance(event, bytes) else json.dumps(event).encode()
        self.request_id = str(uuid.uuid4())
        self.headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 30_000),
            "Lambda-Runtime-Invoked-Function-Arn": ARN,
            "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
        }
        self.headers.update(headers or {})
        self.kind = None  # "response", "error" or "exit"
        self.answer = None
        self.answer_headers = {}
        self.done = threading.Event()

    @property
    def json(self):
        return json.loads(self.answer)


class FakeRuntimeAPI:
    """Serves on a free port of 127.0.0.1, one thread per connection, written on sockets so that pipelining shows."""

    def __init__(self, chunked=False):
        self.invocations = queue.Queue()
        self.init_error = None
        self.init_error_type = None
        self.ready = threading.Event()
        self.pipelined = 0
        self.connections = 0
        self.chunked = chunked
        self.current = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.invocations.put(None)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        buffer = b""
        try:
            while True:
                while b"\r\n\r\n" not in buffer:
                    data = connection.recv(65536)
                    if not data:
                        return
                    buffer += data
                head, _, buffer = buffer.partition(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                method, path, _ = lines[0].split(" ")
                headers = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines[1:]}
                if headers.get("transfer-encoding") == "chunked":
                    body, buffer = self._dechunk(connection, buffer, headers)
                else:
                    length = int(headers.get("content-length", 0))
                    while len(buffer) < length:
                        data = connection.recv(65536)
                        if not data:
                            return
                        buffer += data
                    body, buffer = buffer[:length], buffer[length:]
                if method == "POST" and buffer:
                    self.pipelined += 1
                answer = self._handle(method, path, headers, body)
                if answer is None:
                    return
                connection.sendall(answer)
        finally:
            connection.close()

    def _dechunk(self, connection, buffer, headers):
        """The body; trailers go to the headers."""
        body = b""
        while True:
            while b"\r\n" not in buffer:
                buffer += connection.recv(65536)
            size, _, buffer = buffer.partition(b"\r\n")
            count = int(size, 16)
            if count == 0:
                while not buffer.startswith(b"\r\n") and b"\r\n\r\n" not in buffer:
                    buffer += connection.recv(65536)
                if buffer.startswith(b"\r\n"):
                    return body, buffer[2:]
                fields, _, buffer = buffer.partition(b"\r\n\r\n")
                for line in fields.decode("latin-1").split("\r\n"):
                    headers[line.split(":", 1)[0].lower()] = line.split(":", 1)[1].strip()
                return body, buffer
            while len(buffer) < count + 2:
                buffer += connection.recv(65536)
            body, buffer = body + buffer[:count], buffer[count + 2 :]

    def _handle(self, method, path, headers, body):
        path = path.removeprefix("/2018-06-01/runtime/")
        if method == "GET" and path == "invocation/next":
            self.ready.set()
            exchange = self.invocations.get()
            if exchange is None:
                return None
            self.current[exchange.request_id] = exchange
            fields = "".join("%s: %s\r\n" % item for item in exchange.headers.items()).encode()
            if self.chunked:
                half = len(exchange.body) // 2
                parts = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (exchange.body[:half], exchange.body[half:]) if p)
                return b"HTTP/1.1 200 OK\r\n" + fields + b"Transfer-Encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n"
            return b"HTTP/1.1 200 OK\r\n" + fields + b"Content-Length: %d\r\n\r\n" % len(exchange.body) + exchange.body
        if method == "POST" and path == "init/error":
            self.init_error = json.loads(body)
            self.init_error_type = headers.get("lambda-runtime-function-error-type")
            self.ready.set()
        elif method == "POST":
            _, request_id, kind = path.split("/")
            exchange = self.current.pop(request_id)
            exchange.kind, exchange.answer, exchange.answer_headers = kind, body, headers
            exchange.done.set()
        return b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n" + b'{"status":"OK"}\n'


class Function:
    """A bootstrap that runs on the host with a handler of the test's."""

    def __init__(self, command, folder, handler, environment=None, framed=False, chunked=False):
        self.api = FakeRuntimeAPI(chunked)
        self.folder = folder
        self.environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "AWS_LAMBDA_RUNTIME_API": self.api.address,
            "_HANDLER": handler,
            "LAMBDA_TASK_ROOT": str(folder),
            "LAMBDA_RUNTIME_DIR": "/var/runtime",
            "AWS_LAMBDA_FUNCTION_NAME": "sample",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/sample",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0123456789abcdef",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.environment.update(environment or {})
        self._log_reader = None
        pass_fds = ()
        if framed:
            self._log_reader, writer = os.pipe()
            self.environment["_LAMBDA_TELEMETRY_LOG_FD"] = str(writer)
            pass_fds = (writer,)
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=pass_fds,
        )
        if framed:
            os.close(writer)
        self._output = b""
        self._frames = b""
        self._readers = [threading.Thread(target=self._read_output, daemon=True)]
        if framed:
            self._readers.append(threading.Thread(target=self._read_frames, daemon=True))
        for reader in self._readers:
            reader.start()

    def _read_output(self):
        while data := self.process.stdout.read1(65536):
            self._output += data

    def _read_frames(self):
        while data := os.read(self._log_reader, 65536):
            self._frames += data
        os.close(self._log_reader)

    def invoke(self, event=None, headers=None, timeout=60):
        exchange = Exchange(event, headers)
        self.api.invocations.put(exchange)
        deadline = time.monotonic() + timeout
        while not exchange.done.wait(0.02):
            if self.process.poll() is not None and not exchange.done.wait(0.1):
                exchange.kind = "exit"
                break
            assert time.monotonic() < deadline, "no answer; output: %s" % self._output.decode(errors="replace")
        return exchange

    def wait_init_error(self, timeout=60):
        assert self.api.ready.wait(timeout), self._output.decode(errors="replace")
        return self.api.init_error

    def stop(self):
        """Ends the process as the platform's hanging up would; the output is complete then."""
        self.api.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        for reader in self._readers:
            reader.join()
        self.process.stdout.close()
        return self

    @property
    def output(self):
        return self._output.decode()

    @property
    def frames(self):
        """The frames so far: (type, text)."""
        frames, data = [], self._frames
        while data:
            kind, length, moment = struct.unpack(">IIQ", data[:16])
            assert abs(moment / 1e6 - time.time()) < 600
            frames.append((kind, data[16 : 16 + length].decode()))
            data = data[16 + length :]
        return frames
