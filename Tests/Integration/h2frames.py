"""HTTP/2 frames by hand, for peers that do what no library does."""

import select
import socket
import time

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
GET = {":method": "GET", ":scheme": "http", ":path": "/_martlet/health", ":authority": "localhost"}
POST = GET | {":method": "POST"}


def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def field(name, value):
    """A literal without indexing, whatever it holds."""
    out = b"\0"
    for text in (name.encode(), value.encode()):
        out += bytes([len(text)]) if len(text) < 127 else b"\x7f" + integer(len(text) - 127)
        out += text
    return out


def integer(rest):
    out = b""
    while rest >= 128:
        out += bytes([rest % 128 + 128])
        rest //= 128
    return out + bytes([rest])


def headers(stream, fields, end=True, more=()):
    """Fields in their order; pseudo-header fields of `more` come first of those."""
    late = [pair for pair in more if not pair[0].startswith(":")]
    early = [pair for pair in more if pair[0].startswith(":")]
    pairs = list(fields.items()) + early + late
    if any(name == "x-bomb" for name, _ in pairs):
        block = b"".join(field(*pair) for pair in fields.items())
        # With incremental indexing: it enters the table.
        block += b"".join(b"\x40" + field(*pair)[1:] for pair in more)
    else:
        block = b"".join(field(*pair) for pair in pairs)
    return frame(1, 4 | (1 if end else 0), stream, block)


def data(stream, content, end=False):
    return frame(0, 1 if end else 0, stream, content)


def reset(stream):
    return frame(3, 0, stream, b"\0\0\0\x08")


def ping():
    return frame(6, 0, 0, b"12345678")


def settings(initial_window=None):
    payload = b"" if initial_window is None else b"\0\x04" + initial_window.to_bytes(4, "big")
    return frame(4, 0, 0, payload)


class Peer:
    """A connection. What the server sends is taken apart into answers, resets (stream: code) and the code of a GOAWAY."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.decoder = hpack.Decoder(max_header_list_size=1 << 20)
        self.buffer = b""
        self.statuses, self.bodies, self.resets, self.ended = {}, {}, {}, set()
        self.goaway, self.settled, self.closed = None, False, False

    def open(self, initial_window=None):
        self.socket.sendall(PREFACE + settings(initial_window))
        self.read_until(lambda: self.settled)
        self.socket.sendall(frame(4, 1, 0, b""))

    def send(self, *frames):
        """In one go; reads meanwhile, so that neither side waits for the other."""
        rest = b"".join(frames)
        while rest and not self.closed:
            readable, writable, _ = select.select([self.socket], [self.socket], [], 10)
            if readable:
                self._receive()
            if writable:
                rest = rest[self.socket.send(rest[:65536]) :]
            assert readable or writable, "the server neither reads nor writes"

    def _receive(self):
        try:
            received = self.socket.recv(1 << 18)
        except OSError:
            received = b""
        if not received:
            self.closed = True
        self.buffer += received
        while len(self.buffer) >= 9:
            length = int.from_bytes(self.buffer[:3], "big")
            if len(self.buffer) < 9 + length:
                break
            kind, flags = self.buffer[3], self.buffer[4]
            stream = int.from_bytes(self.buffer[5:9], "big")
            payload = self.buffer[9 : 9 + length]
            self.buffer = self.buffer[9 + length :]
            self._take(kind, flags, stream, payload)

    def _take(self, kind, flags, stream, payload):
        if kind == 0:
            self.bodies[stream] = self.bodies.get(stream, b"") + payload
        elif kind == 1:
            self.statuses[stream] = dict(self.decoder.decode(payload)).get(":status")
        elif kind == 3:
            self.resets[stream] = int.from_bytes(payload, "big")
            self.ended.add(stream)
        elif kind == 4:
            self.settled = True
        elif kind == 7:
            self.goaway = int.from_bytes(payload[4:8], "big")
        if kind in (0, 1) and flags & 1:
            self.ended.add(stream)

    def read_until(self, condition, patience=10):
        deadline = time.monotonic() + patience
        while not condition() and not self.closed:
            left = deadline - time.monotonic()
            assert left > 0, "not within %s s" % patience
            if select.select([self.socket], [], [], left)[0]:
                self._receive()

    def answers(self, *streams, patience=10):
        """{stream: (status, body)}, when all of them are over."""
        self.read_until(lambda: self.ended >= set(streams), patience)
        return {stream: (self.statuses.get(stream), self.bodies.get(stream, b"")) for stream in self.statuses}

    def until_closed(self, patience=15):
        self.read_until(lambda: False, patience)

    def ends_with_goaway(self):
        self.until_closed()
        return self.goaway

    def close(self):
        self.socket.close()
