"""Writes what is said of services' conformance into docs/services: which operations are implemented and tested, and how many of
AWS's recorded answers Martlet gives. `script/conformance` runs it.

    script/conformance           write what differs
    script/conformance --check   fail if anything differs

Operations are those of the model; an operation is implemented if it is dispatched, and does more than to say that it is not
implemented. The tests are those in Tests/Integration that call it. The recordings' figures are what the replays claim, which the replays
themselves prove; without the recordings they stay as they are.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = Path(__file__).parent
# The services whose pages have a table, and the folder of each.
SERVICES = {"lambda": "Lambda", "s3": "S3", "sns": "SNS", "sqs": "SQS"}
# Those whose answers are replayed.
RECORDED = ("lambda", "s3", "sns", "sqs")
# How many test files a row names.
NAMED = 3


def model(service):
    return json.loads((ROOT / "Models" / (service + ".json")).read_text())


def snake(operation):
    """The method of boto3: CreateFunction is create_function."""
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", operation)).lower()


def implemented(service):
    """The operations that are dispatched and do not only say that they are not implemented."""
    folder = ROOT / "Sources/Services" / SERVICES[service]
    dispatched = re.findall(r'^ +case "(\w+)":$', (folder / "Generated/Operations.swift").read_text(), re.MULTILINE)
    stub = re.compile(
        r"public func (\w+)\([^{]*\{\s*throw AWSError\.notImplemented\(service: call\.service, operation: call\.operation\)\s*\}"
    )
    sources = "\n".join(path.read_text() for path in sorted(folder.rglob("*.swift")) if "Generated" not in path.parts)
    stubs = {name.lower() for name in stub.findall(sources)}
    return {name for name in dispatched if name.lower() not in stubs}


def tests(service, operations):
    """The test files that call each operation, through boto3 or the aws CLI. A name that other services have too counts unless it is theirs."""
    others = [path.stem for path in sorted((ROOT / "Models").glob("*.json")) if path.stem not in (service, "implemented")]
    receiver = r"(?<![\w.])(?:%s)\." % "|".join(others)
    shared = {name for other in others for name in model(other)["operations"]}
    found = {operation: [] for operation in operations}
    for path in sorted([*TESTS.rglob("test_*.py"), *TESTS.glob("replays/scenarios/*.py")]):
        text = path.read_text()
        name = path.relative_to(TESTS).with_suffix("").as_posix().replace("replays/scenarios/", "replays/")
        for operation in operations:
            method = snake(operation)
            dashed = method.replace("_", "-")
            # Most files name few operations, and to look closely takes long.
            if method not in text and '"%s"' % dashed not in text:
                continue
            calls = r"\.%s\b(?!_)" % method
            if operation in shared:
                text_here = re.sub(receiver + method + r"\b", "", text)
            else:
                text_here = text
                # Named in a parameter of a replay, as recordings name it.
                calls += r"|^@scenario\(.*\[%s\]" % method
            command = r'(?:"%s",\s*|aws_%s\(\s*)"%s"' % (service, service, dashed)
            if re.search(calls, text_here, re.MULTILINE) or re.search(command, text):
                found[operation].append(name)
    return found


def _order(name):
    return (not name.startswith("replays/"), name)


def operations_table(service):
    names = sorted(model(service)["operations"])
    done, by = implemented(service), tests(service, names)
    lines = ["%d of %d operations are implemented." % (len(done), len(names)), "", "| operation | implemented | tests |", "|---|---|---|"]
    for name in names:
        files = sorted(by[name], key=_order) if name in done else []
        shown = ", ".join("`%s`" % file for file in files[:NAMED]) + (" …" if len(files) > NAMED else "")
        lines.append("| %s | %s | %s |" % (name, "yes" if name in done else "no", shown))
    return lines


def recordings_table(service):
    """None if the recordings are not here."""
    from replays import catalog

    if not catalog.is_here():
        return None
    scenarios = [s for s in catalog.scenarios() if s.service == service and s.answers]
    outcomes = (catalog.MATCHED, catalog.EXPLAINED, catalog.NOT_DERIVABLE)

    def row(title, chosen):
        count = Counter(s.outcome(label) for s in chosen for label in s.answers)
        total = sum(count.values())
        share = "%d %%" % (100 * count[catalog.MATCHED] // total)
        return "| %s | %d | %d | %s | %s |" % (title, len(chosen), total, " | ".join(str(count[o]) for o in outcomes), share)

    head = ["| %s | scenarios | answers | " + " | ".join(outcomes) + " | share |", "|---|" + "---:|" * 6]
    lines = [head[0] % "file", head[1]]
    for file in catalog.FILES[service]:
        lines.append(row("`%s`" % file, [s for s in scenarios if s.file == file]))
    lines += [row("all", scenarios), "", head[0] % "kind", head[1]]
    for group in sorted({(s.file, s.group) for s in scenarios}):
        lines.append(row("`%s`: %s" % group, [s for s in scenarios if (s.file, s.group) == group]))
    lines += ["", "What does not match, and why:", ""]
    reasons = {}
    for scenario in scenarios:
        for label, reason in scenario.reasons.items():
            if reason is not None:
                # One parameter is as another here.
                reasons.setdefault(str(reason), Counter())[scenario.name.partition("[")[0]] += 1
    lines += ["| answers | reason | scenarios |", "|---:|---|---|"]
    for reason, where in sorted(reasons.items(), key=lambda item: (-sum(item[1].values()), item[0])):
        names = ", ".join("`%s` (%d)" % (name, count) for name, count in sorted(where.items()))
        lines.append("| %d | %s | %s |" % (sum(where.values()), reason, names))
    return lines


def replaced(text, name, lines):
    """The page with the part between its markers made anew."""
    begin, end = "<!-- conformance: %s -->\n" % name, "<!-- end of %s -->\n" % name
    head, mark, rest = text.partition(begin)
    _, close, tail = rest.partition(end)
    assert mark and close, "the markers of %s are missing" % name
    return head + begin + "\n" + "\n".join(lines) + "\n\n" + end + tail


def pages():
    """Every page with a table, as it is and as it should be."""
    for service in SERVICES:
        path = ROOT / "docs/services" / (service + ".md")
        text = path.read_text()
        wanted = replaced(text, "operations", operations_table(service))
        if service in RECORDED and (lines := recordings_table(service)) is not None:
            wanted = replaced(wanted, "recordings", lines)
        yield path, text, wanted


def main(arguments):
    if arguments not in ([], ["--check"]):
        sys.exit("usage: script/conformance [--check]")
    stale = [(path, wanted) for path, text, wanted in pages() if text != wanted]
    for path, wanted in stale:
        if not arguments:
            path.write_text(wanted)
        print("%s %s" % ("differs:" if arguments else "written:", path.relative_to(ROOT)))
    return 1 if stale and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
