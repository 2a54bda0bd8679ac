"""Measures Martlet beside AWS's Runtime Interface Emulator. Run by script/bench; Benchmarks/README.md says what and how."""

import argparse
import http.client
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import endpoints
from endpoints import EVENT, FUNCTIONS, HERE, Unsupported


def memory(pid):
    """Proportional set size of a process and all that descend from it, in MB."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
            except OSError:
                pass
    total, todo = 0, [pid]
    while todo:
        process = todo.pop()
        todo += parents.get(process, [])
        try:
            for line in Path("/proc/%d/smaps_rollup" % process).read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total / 1024


def first_invocation(port, path):
    """Milliseconds until the answer of the first invocation, over a connection that is open already."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    time.sleep(0.3)
    began = time.perf_counter()
    connection.request("POST", path, EVENT, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    body = answer.read()
    elapsed = (time.perf_counter() - began) * 1000
    connection.close()
    if answer.status != 200 or b'"martlet"' not in body:
        raise RuntimeError("wrong answer: %d %r" % (answer.status, body[:200]))
    return elapsed


def load(port, path, connections, seconds):
    """Invocations per second and latencies, by wrk."""
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", "%ds" % seconds, "--timeout", "30s", "-s", str(HERE / "invoke.lua")]
    done = subprocess.run([*command, "http://127.0.0.1:%d%s" % (port, path)], capture_output=True, text=True)
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            result = json.loads(line[7:])
            if result["requests"] == 0:
                raise RuntimeError("no answer within %d s" % seconds)
            if result["wrong"] + result["errors"] > result["requests"] * 0.01:
                raise RuntimeError("%(wrong)d wrong answers, %(errors)d errors of %(requests)d" % result)
            return {"per_second": result["requests"] / result["seconds"], "p50": result["p50"], "p99": result["p99"]}
    raise RuntimeError("wrk failed: " + (done.stderr or done.stdout)[-300:])


class Figures:
    """All measurements: endpoint and figure to a list of values."""

    def __init__(self):
        self.values, self.reasons = {}, {}

    def add(self, endpoint, figure, value):
        self.values.setdefault(figure, {}).setdefault(endpoint, []).append(value)

    def missing(self, endpoint, figure, reason):
        self.values.setdefault(figure, {})
        self.reasons.setdefault(figure, {})[endpoint] = str(reason).strip().splitlines()[-1] if str(reason).strip() else "failed"

    def median(self, endpoint, figure):
        values = self.values[figure].get(endpoint)
        return statistics.median(values) if values else None


TITLES = {"python": "Python", "node": "Node.js", "native": "a native program"}
#: What the figures should be, where that was said before they were measured.
GOALS = {"start to ready, ms": "≤ 50", "memory at rest, MB": "≤ 40"}


def measure(endpoint, figures, options):
    name = endpoint.name
    try:
        figures.add(name, "start to ready, ms", endpoint.start())
        time.sleep(2)
        figures.add(name, "memory at rest, MB", memory(endpoint.process.pid))
    except Unsupported as reason:
        figures.missing(name, "start to ready, ms", reason)
        figures.missing(name, "memory at rest, MB", reason)
    try:
        for kind in FUNCTIONS:
            label = "cold start, ms, " + TITLES[kind]
            try:
                for _ in range(options.colds):
                    port, path, remove = endpoint.deploy(kind)
                    try:
                        figures.add(name, label, first_invocation(port, path))
                    finally:
                        remove()
            except (Unsupported, RuntimeError) as reason:
                figures.missing(name, label, reason)
            for connections in (1, 16):
                label = "warm invoke, per second, %s, %d connection%s" % (TITLES[kind], connections, "s"[: connections > 1])
                if name == "emulator" and connections > 1:
                    figures.missing(name, label, "it takes one invocation at a time")
                    continue
                try:
                    port, path, remove = endpoint.deploy(kind)
                    try:
                        first_invocation(port, path)
                        load(port, path, connections, 2)
                        result = load(port, path, connections, options.seconds)
                    finally:
                        remove()
                except (Unsupported, RuntimeError) as reason:
                    figures.missing(name, label, reason)
                    continue
                figures.add(name, label, result["per_second"])
                for percentile in ("p50", "p99"):
                    figures.add(name, label.replace("per second", percentile + " ms"), result[percentile])
    finally:
        endpoint.stop()


def number(value):
    return "–" if value is None else "%.0f" % value if value >= 100 else "%.1f" % value if value >= 10 else "%.2f" % value


def rows(figures, names):
    """A header, and a row per figure: its name, its goal, medians, and how many times better the first endpoint is."""
    found = [["", "goal", *names, "better"]]
    for figure in figures.values:
        values = [figures.median(name, figure) for name in names]
        ratio = ""
        if len(values) == 2 and all(values):
            ratio = "%.1f ×" % (values[0] / values[1] if "per second" in figure else values[1] / values[0])
        goal = GOALS.get(figure, "≥ 2 ×" if figure.startswith("warm invoke, per second") and ratio else "")
        found.append([figure, goal, *map(number, values), ratio])
    return found


def reasons(figures):
    return ["%s, %s: %s" % (figure, name, reason) for figure, why in figures.reasons.items() for name, reason in why.items()]


def table(figures, names):
    lines = rows(figures, names)
    widths = [max(map(len, column)) for column in zip(*lines)]
    text = [(line[0].ljust(widths[0]) + "".join("  " + c.rjust(w) for c, w in zip(line[1:], widths[1:]))).rstrip() for line in lines]
    return "\n".join(text + [""] + reasons(figures))


def markdown(figures, names, options):
    header, *lines = rows(figures, names)
    text = ["| " + " | ".join(header) + " |", "|---|" + "--:|" * (len(header) - 1)]
    text += ["| " + " | ".join(line) + " |" for line in lines]
    text += ["", "Medians of %d round(s) on %s. A dash is explained in [Benchmarks](../Benchmarks/README.md)." % (options.rounds, machine())]
    return "\n".join(text)


def machine():
    names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    model = re.sub(r"\(R\)|\(TM\)|CPU|@.*", "", names[0] if names else platform.machine())
    return "%d processors of %s, Linux %s" % (os.cpu_count(), " ".join(model.split()), platform.release().split("-")[0])


def main():
    parser = argparse.ArgumentParser(prog="script/bench", description="Measures Martlet beside AWS's Runtime Interface Emulator.")
    parser.add_argument("--binary", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--emulator", help=argparse.SUPPRESS)
    parser.add_argument("--bootstrap", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--python", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3, help="how often all is measured (3)")
    parser.add_argument("--seconds", type=int, default=3, help="how long each load lasts (3)")
    parser.add_argument("--colds", type=int, default=5, help="cold starts of each runtime in each round (5)")
    parser.add_argument("--json", default="bench.json", help="where the figures are written (bench.json)")
    parser.add_argument("--markdown", action="store_true", help="print the table in Markdown")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder)
        for file in ("app.py", "app.js"):
            (code / file).write_bytes((HERE / "functions" / file).read_bytes())
        (code / "bootstrap").write_bytes(Path(options.bootstrap).read_bytes())
        (code / "bootstrap").chmod(0o755)
        measured = [endpoints.Martlet(options.binary, options.python, code)]
        if options.emulator:
            measured.append(endpoints.Emulator(options.emulator, sys.executable, code))
        figures = Figures()
        for number in range(options.rounds):
            for endpoint in measured:
                print("round %d of %d: %s" % (number + 1, options.rounds, endpoint.name), file=sys.stderr, flush=True)
                measure(endpoint, figures, options)

    names = [endpoint.name for endpoint in measured]
    print(markdown(figures, names, options) if options.markdown else table(figures, names))
    Path(options.json).write_text(
        json.dumps(
            {
                "machine": machine(),
                "python": options.python,
                "options": {"rounds": options.rounds, "seconds": options.seconds, "colds": options.colds},
                "figures": figures.values,
                "reasons": figures.reasons,
            },
            indent=2,
        )
        + "\n"
    )


if __name__ == "__main__":
    main()
