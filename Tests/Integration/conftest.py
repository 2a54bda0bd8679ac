import os
import re

import pytest
from botocore.exceptions import ClientError
from martlet import ONCE, Martlet, binary

_running = []


def pytest_collection_modifyitems(items):
    if os.environ.get("MARTLET_LONG") == "1":
        return
    skip = pytest.mark.skip(reason="only with script/test --long")
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(skip)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        for server in _running:
            report.sections.append(("log of %s" % server.folder, server.log[-20_000:]))
    return report


@pytest.fixture
def figure(record_property):
    """Reports what a test measured or counted: `figure("rounds", 200)`. All figures are shown at the end."""
    return lambda name, value: record_property("figure: " + name, str(value))


def pytest_terminal_summary(terminalreporter):
    lines = []
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", []):
                line = "%s: %s: %s" % (report.nodeid.split("::")[-1], name.removeprefix("figure: "), value)
                if name.startswith("figure: ") and line not in lines:
                    lines.append(line)
    if lines:
        terminalreporter.section("figures")
        for line in sorted(lines):
            terminalreporter.write_line(line)


def _require_binary():
    assert binary().exists(), "%s is missing: `swift build` makes it, MARTLET_BINARY names another" % binary()


def _end(server):
    try:
        server.stop()
    finally:
        _running.remove(server)


@pytest.fixture
def martlet(tmp_path):
    """Makes servers that end with the test, the last one first: `martlet("--ephemeral").start()`."""
    _require_binary()
    made = []

    def make(*arguments, **options):
        server = Martlet(tmp_path / ("server-%d" % len(made)), *arguments, **options)
        made.append(server)
        _running.append(server)
        return server

    yield make
    errors = []
    for server in reversed(made):
        try:
            _end(server)
        except RuntimeError as error:
            errors.append(error)
    if errors:
        raise errors[0]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server that all tests of this worker share. Tests use names of their own: the fixture `name` gives one."""
    _require_binary()
    server = Martlet(tmp_path_factory.mktemp("shared"))
    server.keeps_time = True
    _running.append(server)
    server.start()
    yield server
    _end(server)


@pytest.fixture(scope="session")
def movable(tmp_path_factory):
    """A server that tests share which move its clock: no other counts on the time."""
    _require_binary()
    server = Martlet(tmp_path_factory.mktemp("movable"), "--ephemeral")
    _running.append(server)
    server.start()
    yield server
    _end(server)


@pytest.fixture
def name(request):
    """A name that no other test uses."""
    base = re.sub(r"[^a-zA-Z0-9]+", "-", request.node.name).strip("-")[:40]
    return "%s-%s" % (base, os.urandom(4).hex())


@pytest.fixture
def api(server):
    """Lambda's client, which tries nothing twice."""
    return server.client("lambda", config=ONCE)


@pytest.fixture
def deploy(server, name):
    """Deploys the test's function, as `Martlet.deploy` does, and gives its name: `deploy({"app.py": …}, MemorySize=256)`."""

    def deploy(files, **more):
        server.deploy(name, files, **more)
        return name

    yield deploy
    try:
        server.client("lambda").delete_function(FunctionName=name)
    except ClientError:
        pass
