"""The Runtime API over one kept connection, where an answer and the question for the next invocation leave together."""

import sys
from _socket import AF_INET, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY, socket

_PREFIX = "/2018-06-01/runtime/"


class RuntimeClient:
    """Speaks to the Runtime API at `host:port`."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self._host = address
        self._next = ("GET %sinvocation/next HTTP/1.1\r\nHost: %s\r\n\r\n" % (_PREFIX, address)).encode()
        self._buffer = b""
        self._socket = socket(AF_INET, SOCK_STREAM)
        self._socket.connect((host, int(port)))
        self._socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)

    def next(self):
        """Waits for an invocation: its headers, by lower-case name, and its body. None: there will be no more."""
        if not self._send(self._next):
            return None
        return self._invocation(0)

    def respond(self, request_id, body, content_type):
        """Sends the answer of an invocation; then as `next`."""
        path = "invocation/%s/response" % request_id
        return self._finish(self._head(path, "Content-Type: %s\r\n" % content_type, len(body)) + body)

    def fail(self, request_id, body, error_type, cause):
        """Sends the error of an invocation, with its X-Ray cause; then as `next`."""
        head = self._error_head("invocation/%s/error" % request_id, error_type, cause, len(body))
        return self._finish(head + body)

    def report_init_error(self, body, error_type):
        """Says why there is no handler, and waits until that has been heard."""
        if self._send(self._error_head("init/error", error_type, None, len(body)) + body):
            self._response()

    def _finish(self, request):
        if not self._send(request + self._next):
            return None
        return self._invocation(1)

    def _head(self, path, headers, length):
        return (
            "POST %s%s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n"
            % (_PREFIX, path, self._host, headers, length)
        ).encode()

    def _error_head(self, path, error_type, cause, length):
        kind = error_type.encode("ascii", "backslashreplace").decode().replace("\r", "").replace("\n", "")
        headers = "Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: %s\r\n" % kind
        if cause:
            headers += "Lambda-Runtime-Function-XRay-Error-Cause: %s\r\n" % cause
        return self._head(path, headers, length)

    def _send(self, data):
        try:
            self._socket.sendall(data)
            return True
        except OSError:
            return False

    def _invocation(self, unheeded):
        """The first response after as many as are of no interest. Refusals are the platform's to deal with."""
        while True:
            response = self._response()
            if response is None:
                return None
            if unheeded:
                unheeded -= 1
                continue
            status, headers, body = response
            if status == "200":
                return headers, body
            sys.stderr.write("The Runtime API answered %s to a request for an invocation\n" % status)
            sys.exit(1)

    def _response(self):
        buffer = self._buffer
        end = buffer.find(b"\r\n\r\n")
        while end < 0:
            data = self._receive()
            if not data:
                return None
            buffer += data
            end = buffer.find(b"\r\n\r\n")
        lines = buffer[:end].decode("utf-8", "surrogateescape").split("\r\n")
        self._buffer = buffer[end + 4 :]
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        status = lines[0][9:12]
        if "content-length" in headers:
            body = self._exactly(int(headers["content-length"]))
        elif headers.get("transfer-encoding", "").lower() == "chunked":
            body = self._chunks()
        else:
            body = b""
        return None if body is None else (status, headers, body)

    def _receive(self):
        try:
            return self._socket.recv(16384)
        except OSError:
            return b""

    def _exactly(self, count):
        buffer = self._buffer
        if len(buffer) >= count:
            self._buffer = buffer[count:]
            return buffer[:count]
        body = bytearray(count)
        have = len(buffer)
        body[:have] = buffer
        self._buffer = b""
        view = memoryview(body)
        while have < count:
            try:
                received = self._socket.recv_into(view[have:])
            except OSError:
                received = 0
            if not received:
                return None
            have += received
        return bytes(body)

    def _chunks(self):
        parts = []
        while True:
            size = self._line()
            if size is None:
                return None
            count = int(size.partition(b";")[0], 16)
            part = self._exactly(count) if count else b""
            if part is None:
                return None
            parts.append(part)
            line = self._line()
            while not count and line:  # trailers, up to the empty line
                line = self._line()
            if line is None:
                return None
            if not count:
                return b"".join(parts)

    def _line(self):
        while b"\r\n" not in self._buffer:
            data = self._receive()
            if not data:
                return None
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line
