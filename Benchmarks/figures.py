"""What was measured, and how it is shown."""

import os
import platform
import re
import statistics
from pathlib import Path

BEGIN = "<!-- What follows, to the end mark, is the output of: script/bench --markdown -->"
END = "<!-- end -->"

#: What the figures should be: said before they were measured. `× emulator` and `× ministack` are checked against those columns.
GOALS = {
    "start to ready, ms": "≤ 50",
    "memory at rest, MB": "≤ 40",
    "cold start, Python, p50 ms": "≤ 2",
    "cold start, Python, p99 ms": "≤ 10",
    "cold start, Node.js, p50 ms": "≤ 3",
    "cold start, Node.js, p99 ms": "≤ 10",
    "cold start, native, p50 ms": "≤ 1.5",
    "cold start, native, p99 ms": "≤ 10",
    "warm, Python, 1 connection, p50 ms": "≤ 0.075",
    "warm, Python, 1 connection, per second": "≥ 4 × emulator",
    "warm, Python, 16 connections, per second": "≥ 5 × emulator",
    "warm, native, 1 connection, per second": "≥ 2.5 × emulator",
    "warm, native, 16 connections, per second": "≥ 16000",
    "events, 16 connections, taken per second": "≥ 10 × ministack",
    "events, 16 connections, run per second": "≥ 5 × ministack",
    "queue, batches of 10, messages per second": "≥ 10 × ministack",
    "a printed line, Python, 1 connection, % of the rate without": "≥ 70",
    "a printed line, Python, 16 connections, % of the rate without": "≥ 70",
    "a printed line, native, 1 connection, % of the rate without": "≥ 70",
    "a printed line, native, 16 connections, % of the rate without": "≥ 70",
    "the last line is readable after, s": "≤ 1",
    "sleepers at once, all done after, s": "≤ 5",
    "sleepers at once, memory each, MB": "≤ 8",
    "sleepers at once, failed": "≤ 0",
    "many functions, p50 ms, times that of one": "≤ 1.15",
    "a neighbour burns its share, p99 ms, times quiet": "≤ 2",
    "resident memory, growth after 1 % of the invocations, MB": "≤ 8",
}


def lower_is_better(figure):
    return "per second" not in figure and "% of" not in figure


class Figures:
    """All measurements: figure, then endpoint, to a list of values."""

    def __init__(self):
        self.values, self.reasons = {}, {}

    def add(self, endpoint, figure, value):
        """A value, or several."""
        self.values.setdefault(figure, {}).setdefault(endpoint, []).extend(value if isinstance(value, list) else [value])

    def percentiles(self, endpoint, figure, values):
        """Every single value; shown are the median and the 99th percentile of all rounds together."""
        for name in ("p50 ms", "p99 ms"):
            self.add(endpoint, "%s, %s" % (figure, name), values)

    def missing(self, endpoint, figure, reason):
        text = str(reason).strip()
        self.values.setdefault(figure, {})
        self.reasons.setdefault(figure, {})[endpoint] = text.splitlines()[-1] if text else "failed"

    def value(self, endpoint, figure):
        values = self.values[figure].get(endpoint)
        if not values:
            return None
        if figure.startswith(("cold start", "burst")) and figure.endswith("p99 ms"):
            return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]
        return statistics.median(values)


def number(value):
    if value is None:
        return "–"
    if value == int(value) and value < 100:
        return "%d" % value
    return "%.0f" % value if value >= 100 else "%.1f" % value if value >= 10 else "%.2f" % value if value >= 0.1 else "%.3f" % value


def met(goal, values):
    """Whether a goal such as `≤ 2` or `≥ 4 × emulator` is reached by the values of the columns; None: it cannot be said."""
    match = re.fullmatch(r"([≤≥]) ([0-9.]+)(?: × (emulator|ministack))?", goal)
    value, reference = values.get("martlet"), match and match[3] and values.get(match[3])
    if not match or value is None or (match[3] and not reference):
        return None
    wanted = float(match[2]) * (reference if match[3] else 1)
    return value <= wanted if match[1] == "≤" else value >= wanted


def in_order(labels):
    """What belongs together beside each other, rates before latencies; otherwise as they were measured first."""
    groups = {}
    for label in labels:
        groups.setdefault(label.rpartition(", ")[0], []).append(label)
    return [label for group in groups.values() for label in sorted(group, key=lambda label: "per second" not in label)]


def rows(figures, names):
    """A header, and a row per figure: its name, its goal, whether that is met, values, and how many times better than the peers."""
    peers = [name for name in ("emulator", "ministack") if name in names]
    found = [["", "goal", "", *names, *("× " + name for name in peers)]]
    for figure in in_order(figures.values):
        values = {name: figures.value(name, figure) for name in names}
        ratios = []
        for name in peers:
            one, other = values.get("martlet"), values[name]
            ratios.append("" if not one or not other else number(other / one if lower_is_better(figure) else one / other))
        goal = GOALS.get(figure, "")
        mark = {True: "met", False: "missed", None: ""}[met(goal, values)]
        found.append([figure, goal, mark, *(number(values[name]) for name in names), *ratios])
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
    text += ["", "%d round(s) on %s." % (options.rounds, machine())]
    if why := reasons(figures):
        text += ["", "Not measured:", ""] + ["- " + reason for reason in why]
    return "\n".join(text)


def fill(file, text):
    """Puts the table between the marks of a page."""
    page = Path(file).read_text()
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise SystemExit("%s has not got the marks" % file)
    before, rest = page.split(BEGIN)
    Path(file).write_text(before + BEGIN + "\n\n" + text + "\n\n" + END + rest.split(END)[1])


def machine():
    names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    model = re.sub(r"\(R\)|\(TM\)|CPU|@.*", "", names[0] if names else platform.machine())
    return "%d processors of %s, Linux %s" % (os.cpu_count(), " ".join(model.split()), platform.release().split("-")[0])
