"""The cases: what each measures, on which endpoints. Benchmarks/README.md describes them."""

import contextlib
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import endpoints
from deployments import deployed, noted
from endpoints import HERE, Package, Unsupported
from load import EVENT, WrongAnswers, latencies, rate, volley
from queues import queues

TITLES = {"python": "Python", "node": "Node.js", "native": "native"}
HANDLERS = {"python": ("app.py", "app.handler"), "node": ("app.js", "app.handler"), "native": ("bootstrap", "bootstrap")}


class Bench:
    """What the cases share: options, figures, packages."""

    def __init__(self, options, figures):
        self.options, self.figures = options, figures
        self._boto3 = None

    def echo(self, kind, **more):
        file, handler = HANDLERS[kind]
        content = Path(self.options.bootstrap) if kind == "native" else HERE / "functions" / file
        return Package(kind, {file: content.read_bytes()}, handler, **more)

    def python(self, file, **more):
        return Package("python", {"app.py": (HERE / "functions" / file).read_bytes()}, "app.handler", **more)

    def boto3(self):
        """boto3 with all that it needs, from this program's own environment, filled up to 20 MB."""
        if not self._boto3:
            import boto3

            site = Path(boto3.__file__).parents[1]
            files = {"app.py": (HERE / "functions/package.py").read_bytes()}
            for name in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py"):
                for path in [site / name] if name.endswith(".py") else sorted((site / name).rglob("*")):
                    if path.is_file() and "__pycache__" not in path.parts:
                        files[str(path.relative_to(site))] = path.read_bytes()
            package = Package("python", files, "app.handler")
            missing = (20 << 20) - len(package.zip())
            if missing > 0:
                files["filler"] = os.urandom(missing)
                package = Package("python", files, "app.handler")
            self._boto3 = package
        return self._boto3


def percentiles(label):
    return ["%s, %s" % (label, which) for which in ("p50 ms", "p99 ms")]


def arrivals(endpoint, package, count, interval):
    """First invocations of as many functions, made a moment ago."""
    if isinstance(endpoint, endpoints.Emulator):
        # One process for each, one after the other.
        found = []
        for _ in range(min(count, 10)):
            with deployed(endpoint, [package]) as (target,):
                found += latencies(volley(target.port, [target.request(EVENT)]))
        return found
    with deployed(endpoint, [package] * count) as targets:
        endpoint.settle()
        return latencies(volley(targets[0].port, [target.request(EVENT) for target in targets], interval))


def interest(endpoint, package):
    """A second of cold starts at the same rate: what a server keeps ready follows what was asked for lately."""
    if isinstance(endpoint, endpoints.Martlet):
        arrivals(endpoint, package, 20, 0.05)
        endpoint.settle()


# MARK: The cases


def startup(bench, endpoint):
    # The process has just been started for this round.
    bench.figures.add(endpoint.name, "start to ready, ms", endpoint.started)
    time.sleep(2)
    bench.figures.add(endpoint.name, "memory at rest, MB", memory(endpoint.process.pid))


def cold(bench, endpoint):
    for kind in TITLES:
        label = "cold start, " + TITLES[kind]
        with noted(bench, endpoint, *percentiles(label)):
            package = bench.echo(kind)
            interest(endpoint, package)
            bench.figures.percentiles(endpoint.name, label, arrivals(endpoint, package, bench.options.colds, 0.05))


def burst(bench, endpoint):
    for kind in TITLES:
        label = "burst of %d cold starts, %s" % (bench.options.burst, TITLES[kind])
        with noted(bench, endpoint, *percentiles(label)):
            if isinstance(endpoint, endpoints.Emulator):
                raise Unsupported("it has one environment")
            package = bench.echo(kind)
            interest(endpoint, package)
            bench.figures.percentiles(endpoint.name, label, arrivals(endpoint, package, bench.options.burst, 0))


def package(bench, endpoint):
    label = "cold start, Python, 20 MB with boto3 imported"
    with noted(bench, endpoint, *percentiles(label)):
        interest(endpoint, bench.echo("python"))
        found = arrivals(endpoint, bench.boto3(), max(2, bench.options.colds // 4), 1.5)
        bench.figures.percentiles(endpoint.name, label, found)


def empty(bench, endpoint):
    """On a server of its own, which keeps nothing ready."""
    other = endpoint.variant("--stems", "off")
    other.start()
    try:
        for kind in TITLES:
            label = "cold start with empty pools, " + TITLES[kind]
            with noted(bench, endpoint, *percentiles(label)):
                found = arrivals(other, bench.echo(kind), bench.options.colds, 0.05)
                bench.figures.percentiles(endpoint.name, label, found)
    finally:
        other.stop()


def connections(count):
    return "%d connection%s" % (count, "s"[: count > 1])


def warm(bench, endpoint, label="warm", **more):
    rates = {}
    for kind in TITLES:
        for count in (1, 16):
            if count > 1 and isinstance(endpoint, endpoints.Emulator):
                # It takes one at a time: its single figure counts.
                result = rates.get((kind, 1))
                if not result:
                    continue
            else:
                name = "%s, %s, %s" % (label, TITLES[kind], connections(count))
                result = None
                with noted(bench, endpoint, name + ", per second"):
                    with deployed(endpoint, [bench.echo(kind, **more)]) as targets:
                        latencies(volley(targets[0].port, [targets[0].request(EVENT)]))
                        rate(targets, count, 2)
                        result = rate(targets, count, bench.options.seconds)
                if not result:
                    continue
            rates[kind, count] = result
            name = "%s, %s, %s" % (label, TITLES[kind], connections(count))
            bench.figures.add(endpoint.name, name + ", per second", result["per_second"])
            if count > 1 and isinstance(endpoint, endpoints.Emulator):
                continue
            for percentile in ("p50", "p99"):
                bench.figures.add(endpoint.name, "%s, %s ms" % (name, percentile), result[percentile])
    return rates


def events(bench, endpoint):
    """Asynchronous invocations: how fast they are taken, and how fast they are run, from the first to the last."""
    labels = "events, 16 connections, taken per second", "events, 16 connections, run per second"
    with noted(bench, endpoint, *labels):
        if isinstance(endpoint, endpoints.Emulator):
            raise Unsupported("it runs events while their sender waits")
        with deployed(endpoint, [bench.python("app.py", environment={"PRINT": "1"})]) as (target,):
            latencies(volley(target.port, [target.request(EVENT)]))
            logs = endpoint.client("logs").get_paginator("filter_log_events")
            began = time.time()
            taken = rate([target], 16, bench.options.seconds, **{"X-Amz-Invocation-Type": "Event"})
            seen, deadline = [], time.time() + 180
            while len(seen) <= taken["requests"] and time.time() < deadline:
                time.sleep(max(1, (time.time() - began) / 4))
                pages = logs.paginate(logGroupName="/aws/lambda/" + target.name, filterPattern='"one line of the log"')
                seen = [event["timestamp"] / 1000 for page in pages for event in page["events"]]
        # One of them was no event.
        ran = [moment for moment in seen if moment > began]
        bench.figures.add(endpoint.name, labels[0], taken["per_second"])
        if len(seen) <= taken["requests"]:
            raise RuntimeError("%d of %d have run" % (len(ran), taken["requests"]))
        bench.figures.add(endpoint.name, labels[1], len(ran) / (max(ran) - began))


def printed(bench, endpoint):
    """The same with a line for each invocation: as a share of the rate without, and until the last line can be read."""
    rates = warm(bench, endpoint, "a printed line", environment={"PRINT": "1"})
    for (kind, count), result in rates.items():
        name = "%s, %s" % (TITLES[kind], connections(count))
        without = bench.figures.values.get("warm, %s, per second" % name, {}).get(endpoint.name)
        if without:
            share = 100 * result["per_second"] / without[-1]
            bench.figures.add(endpoint.name, "a printed line, %s, %% of the rate without" % name, share)
    label = "the last line is readable after, s"
    with noted(bench, endpoint, label):
        if isinstance(endpoint, endpoints.Emulator):
            raise Unsupported("it keeps no log")
        bench.figures.add(endpoint.name, label, readable(bench, endpoint))


def readable(bench, endpoint):
    """Seconds until all lines of a load can be read."""
    logs = endpoint.client("logs")
    with deployed(endpoint, [bench.echo("python", environment={"PRINT": "1"})]) as targets:
        result = rate(targets, 4, 1)
        began = time.perf_counter()
        found, token = 0, {}
        while time.perf_counter() - began < 30:
            page = logs.filter_log_events(logGroupName="/aws/lambda/" + targets[0].name, filterPattern='"one line"', **token)
            found += len(page["events"])
            if found >= result["requests"]:
                return time.perf_counter() - began
            if page.get("nextToken"):
                token = {"nextToken": page["nextToken"]}
            else:
                found, token = 0, {}
                time.sleep(0.02)
    raise RuntimeError("%d of %d lines after 30 s" % (found, result["requests"]))


def scale(bench, endpoint):
    """As many at once as the account may have, of a function that sleeps for a second, and no environment yet."""
    count = bench.options.sleepers
    labels = ["sleepers at once, " + what for what in ("all done after, s", "memory each, MB", "failed")]
    with noted(bench, endpoint, *labels):
        with deployed(endpoint, [bench.python("sleeper.py")]) as (target,):
            endpoint.settle()
            with LeastMemory() as least:
                answers = volley(target.port, [target.request(EVENT)] * count, patience=90)
            good = [answer for answer in answers if not answer.error]
            if not good:
                raise WrongAnswers("all failed: %s" % answers[0].error)
            first = min(answer.sent for answer in good)
            done = max(answer.sent + answer.milliseconds / 1000 for answer in good) - first
            bench.figures.add(endpoint.name, labels[0], done)
            bench.figures.add(endpoint.name, labels[1], least.taken / len(good))
            bench.figures.add(endpoint.name, labels[2], count - len(good))


def many(bench, endpoint):
    """Ten thousand functions are stored, and a hundred of them invoked at random."""
    count, invoked = bench.options.functions, min(100, bench.options.functions)
    labels = ["many functions, p50 ms", "many functions, p50 ms, times that of one"]
    with noted(bench, endpoint, *labels):
        with deployed(endpoint, [bench.echo("python")]) as targets:
            latencies(volley(targets[0].port, [targets[0].request(EVENT)]))
            rate(targets, 1, 1)
            one = rate(targets, 1, bench.options.seconds)
        targets = create_many(bench, endpoint, count)
        some = targets[:: max(1, count // invoked)][:invoked]
        latencies(volley(some[0].port, [target.request(EVENT) for target in some], 0.05))
        rate(some, 1, 1)
        result = rate(some, 1, bench.options.seconds)
        bench.figures.add(endpoint.name, labels[0], result["p50"])
        bench.figures.add(endpoint.name, labels[1], result["p50"] / one["p50"])


def create_many(bench, endpoint, count):
    package = bench.echo("python")
    package.zip()
    local = threading.local()

    def make(_):
        if not hasattr(local, "api"):
            local.api = endpoint.client("lambda")
        return endpoint.deploy(package, local.api)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(make, range(count)))


def neighbour(bench, endpoint):
    """A function answers while another one burns all of its half of a processor."""
    labels = ["quiet neighbours, p99 ms", "a neighbour burns its share, p99 ms", "a neighbour burns its share, p99 ms, times quiet"]
    with noted(bench, endpoint, *labels):
        with deployed(endpoint, [bench.echo("python"), bench.python("burner.py", memory=885)]) as (target, burner):
            latencies(volley(target.port, [target.request(EVENT)]))
            rate([target], 1, 1)
            quiet = rate([target], 1, bench.options.seconds)
            seconds = bench.options.seconds + 2
            event = json.dumps({"name": "martlet", "seconds": seconds}).encode()
            burning = threading.Thread(target=volley, args=(burner.port, [burner.request(event)]), kwargs={"patience": seconds + 30})
            burning.start()
            time.sleep(1.3)
            loud = rate([target], 1, bench.options.seconds)
            burning.join()
            bench.figures.add(endpoint.name, labels[0], quiet["p99"])
            bench.figures.add(endpoint.name, labels[1], loud["p99"])
            bench.figures.add(endpoint.name, labels[2], loud["p99"] / quiet["p99"])


def growth(bench, endpoint):
    """Resident memory of the server's own process after a hundredth of the invocations, and after all."""
    total = bench.options.million
    label = "resident memory, growth after 1 % of the invocations, MB"
    with noted(bench, endpoint, label):
        with deployed(endpoint, [bench.echo("native")]) as targets:
            latencies(volley(targets[0].port, [targets[0].request(EVENT)]))
            done, early = 0, None
            while done < total:
                done += rate(targets, 16, 2 if early is None else 10)["requests"]
                if early is None and done >= total / 100:
                    early = resident(endpoint.process.pid)
            late = resident(endpoint.process.pid)
        bench.figures.add(endpoint.name, "resident memory after %d invocations, MB" % total, late)
        bench.figures.add(endpoint.name, label, late - early)


class LeastMemory:
    """Watches how much memory the machine has left; `taken` is what went at the worst moment, in MB."""

    def __enter__(self):
        self.before = self.least = self.available()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.taken = (self.before - self.least) / 1024

    def watch(self):
        while not self.over.wait(0.05):
            self.least = min(self.least, self.available())

    @staticmethod
    def available():
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1])
        return 0


def memory(pid):
    """Proportional set size of a process and all that descend from it, in MB."""
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    total, todo = 0, [pid]
    while todo:
        process = todo.pop()
        todo += children.get(process, [])
        with contextlib.suppress(OSError):
            for line in Path("/proc/%d/smaps_rollup" % process).read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def resident(pid):
    """Resident set of one process, in MB."""
    return int(Path("/proc/%d/statm" % pid).read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


#: In the order in which they are run; `once`: not in every round; `only`: Martlet as it is started by default.
CASES = {
    "startup": {"run": startup},
    "cold": {"run": cold},
    "burst": {"run": burst},
    "package": {"run": package},
    "empty": {"run": empty, "only": True},
    "warm": {"run": warm},
    "events": {"run": events},
    "queues": {"run": queues},
    "printed": {"run": printed},
    "scale": {"run": scale, "martlet": True},
    "neighbour": {"run": neighbour, "only": True},
    "many": {"run": many, "only": True, "once": True},
    "growth": {"run": growth, "only": True, "once": True},
}
