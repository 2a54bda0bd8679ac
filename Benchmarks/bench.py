"""Measures Martlet beside its peers. Run by script/bench; Benchmarks/README.md says what and how."""

import argparse
import json
import sys
import time
from pathlib import Path

import cases
import endpoints
import figures as shown
import soak


def arguments():
    parser = argparse.ArgumentParser(prog="script/bench", description="Measures Martlet beside its peers.")
    for hidden in ("--binary", "--emulator", "--ministack", "--bootstrap", "--python"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3, help="how often all is measured (3)")
    parser.add_argument("--seconds", type=int, help="how long each load lasts (3); with --soak, all of it (600)")
    parser.add_argument("--colds", type=int, default=40, help="cold starts of each runtime in each round (40)")
    parser.add_argument("--burst", type=int, default=100, help="cold starts at once (100)")
    parser.add_argument("--sleepers", type=int, default=1000, help="invocations at once of a function that sleeps (1000)")
    parser.add_argument("--functions", type=int, default=10_000, help="functions that are stored (10000)")
    parser.add_argument("--million", type=int, default=1_000_000, help="invocations after which memory is looked at (1000000)")
    parser.add_argument("--cases", default=",".join(cases.CASES), help="some of %s" % ", ".join(cases.CASES))
    parser.add_argument("--columns", default="martlet,128 MB,iam,emulator,ministack", help="some of martlet,128 MB,iam,emulator,ministack")
    parser.add_argument("--json", default="bench.json", help="where the figures are written (bench.json)")
    parser.add_argument("--markdown", action="store_true", help="print the table in Markdown")
    parser.add_argument("--fill", metavar="PAGE", help="put it between the marks of a page, such as docs/performance.md")
    parser.add_argument("--table", metavar="JSON", help="measure nothing: show what was written before")
    parser.add_argument("--soak", action="store_true", help="ten minutes of mixed load with faults, after which nothing may be left")
    options = parser.parse_args()
    unknown = set(options.cases.split(",")) - set(cases.CASES)
    if unknown:
        parser.error("no such case: " + ", ".join(unknown))
    if options.seconds is None:
        options.seconds = 600 if options.soak else 3
    return options


def measured(options):
    """The columns, in the order in which they take their turns."""
    martlet = options.binary, options.python
    all_of_them = {
        "martlet": lambda: endpoints.Martlet(*martlet),
        "128 MB": lambda: endpoints.Martlet(*martlet, name="128 MB", memory=128),
        "iam": lambda: endpoints.Martlet(*martlet, name="signed", auth="iam"),
        "emulator": lambda: options.emulator and endpoints.Emulator(options.emulator, sys.executable),
        "ministack": lambda: options.ministack and endpoints.Ministack(options.ministack, options.python),
    }
    found = [all_of_them[name.strip()]() for name in options.columns.split(",")]
    return [endpoint for endpoint in found if endpoint]


def run(bench, endpoint, round_, names):
    """One round of one endpoint."""
    started = False
    try:
        endpoint.started = endpoint.start()
        started = True
    except endpoints.Unsupported:
        pass
    except (OSError, RuntimeError) as reason:
        for name in names:
            bench.figures.missing(endpoint.name, name, reason)
        return
    try:
        for name in names:
            case = cases.CASES[name]
            if case.get("once") and round_ > 0 or case.get("only") and endpoint.name != "martlet":
                continue
            if case.get("martlet") and not isinstance(endpoint, endpoints.Martlet) or name == "startup" and not started:
                continue
            print("  %s: %s" % (endpoint.name, name), end="", file=sys.stderr, flush=True)
            began = time.monotonic()
            case["run"](bench, endpoint)
            print(", %.0f s" % (time.monotonic() - began), file=sys.stderr, flush=True)
    finally:
        endpoint.stop()


def show(figures, names, options):
    if options.fill:
        shown.fill(options.fill, shown.markdown(figures, names, options))
    print(shown.markdown(figures, names, options) if options.markdown else shown.table(figures, names))


def main():
    options = arguments()
    figures = shown.Figures()
    if options.table:
        saved = json.loads(Path(options.table).read_text())
        figures.values, figures.reasons, options.rounds = saved["figures"], saved["reasons"], saved["options"]["rounds"]
        return show(figures, saved["columns"], options)
    if options.soak:
        sys.exit(soak.run(options))
    bench = cases.Bench(options, figures)
    columns = measured(options)
    names = options.cases.split(",")
    for round_ in range(options.rounds):
        print("round %d of %d" % (round_ + 1, options.rounds), file=sys.stderr, flush=True)
        for endpoint in columns:
            run(bench, endpoint, round_, names)
            saved = {
                "machine": shown.machine(),
                "python": options.python,
                "columns": [column.name for column in columns],
                "options": {name: value for name, value in vars(options).items() if isinstance(value, int)},
                "figures": figures.values,
                "reasons": figures.reasons,
            }
            # After each: what was measured is not lost if the rest fails.
            Path(options.json).write_text(json.dumps(saved, indent=2) + "\n")
    show(figures, saved["columns"], options)


if __name__ == "__main__":
    main()
