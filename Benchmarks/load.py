"""Load: wrk for rates, and a client of our own for requests that leave at given moments."""

import gc
import json
import select
import socket
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
EVENT = b'{"name":"martlet"}'


class WrongAnswers(RuntimeError):
    """Too many of the answers were not what was asked for."""


def rate(targets, connections, seconds, **more):
    """Invocations per second and latencies, by wrk, of one function or of a random one of several; `more` are further headers."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        lines = []
        for target in targets:
            headers = ", ".join("[%s] = %s" % (json.dumps(name), json.dumps(value)) for name, value in {**target.headers(EVENT), **more}.items())
            lines.append("{path = %s, headers = {%s}}" % (json.dumps(target.path), headers))
        file.write("return {%s}\n" % ",\n".join(lines))
        file.flush()
        command = [
            "wrk", "-t", "1", "-c", str(connections), "-d", "%ds" % seconds, "--timeout", "30s", "-s", str(HERE / "invoke.lua"),
            "http://127.0.0.1:%d" % targets[0].port, "--", file.name,
        ]
        done = subprocess.run(command, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            result = json.loads(line[7:])
            if result["requests"] == 0:
                raise RuntimeError("no answer within %d s" % seconds)
            if result["wrong"] + result["errors"] > result["requests"] * 0.01:
                raise WrongAnswers("%(wrong)d wrong answers, %(errors)d errors of %(requests)d" % result)
            result["per_second"] = result["requests"] / result["seconds"]
            return result
    raise RuntimeError("wrk failed: " + (done.stderr or done.stdout)[-300:])


class Answer:
    """What came back to one request: milliseconds from sending to the last byte, or why there is nothing."""

    def __init__(self):
        self.sent = self.milliseconds = self.status = self.error = None
        self.received = b""

    def take(self, data):
        """Whether the answer is complete."""
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self.received[:end].lower()
        self.status = int(head.split(None, 2)[1])
        if b"\r\ntransfer-encoding: chunked" in head:
            return self.received.endswith(b"0\r\n\r\n")
        length = head.partition(b"\r\ncontent-length:")[2].split(b"\r\n")[0].strip()
        return len(self.received) - end - 4 >= int(length or 0)

    def judge(self, expected):
        if self.error is None and (self.status != 200 or expected not in self.received):
            self.error = "%s %r" % (self.status, self.received[-200:])


def volley(port, requests, interval=0.0, expected=b'"martlet"', patience=60.0):
    """Sends each request over a connection of its own that is open before, the next `interval` seconds after the one before."""
    answers = [Answer() for _ in requests]
    sockets = []
    poll = select.epoll()
    try:
        for _ in requests:
            connection = socket.create_connection(("127.0.0.1", port), 10)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sockets.append(connection)
        numbers = {connection.fileno(): index for index, connection in enumerate(sockets)}
        for connection in sockets:
            poll.register(connection.fileno(), select.EPOLLIN)
        time.sleep(0.3)  # whatever the server does with new connections
        gc.disable()
        began = time.perf_counter()
        deadline = began + interval * len(requests) + patience
        sent, open_ = 0, len(requests)
        while open_ and time.perf_counter() < deadline:
            now = time.perf_counter()
            while sent < len(requests) and now >= began + sent * interval:
                answers[sent].sent = time.perf_counter()
                sockets[sent].sendall(requests[sent])
                sent += 1
                now = time.perf_counter()
            wait = began + sent * interval - now if sent < len(requests) else deadline - now
            for number, _ in poll.poll(max(0, wait)):
                answer = answers[numbers[number]]
                try:
                    data = sockets[numbers[number]].recv(1 << 18)
                except OSError as error:
                    data, answer.error = b"", str(error)
                if data and not answer.take(data):
                    continue
                if not data:
                    answer.error = answer.error or "the connection was closed"
                answer.milliseconds = (time.perf_counter() - answer.sent) * 1000 if answer.sent else None
                poll.unregister(number)
                open_ -= 1
    finally:
        gc.enable()
        poll.close()
        for connection in sockets:
            connection.close()
    for answer in answers:
        if answer.milliseconds is None:
            answer.error = answer.error or "no answer"
        answer.judge(expected)
    return answers


def latencies(answers):
    """Milliseconds of each, all of which must be right."""
    wrong = [answer.error for answer in answers if answer.error]
    if wrong:
        raise WrongAnswers("%d of %d wrong: %s" % (len(wrong), len(answers), wrong[0]))
    return [answer.milliseconds for answer in answers]
