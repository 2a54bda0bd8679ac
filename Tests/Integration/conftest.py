import io
import json
import os
import re
from contextlib import redirect_stderr, redirect_stdout

import pytest
from botocore.exceptions import ClientError
from martlet import ONCE, REGION, Martlet, binary

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
def aws_command(tmp_path, monkeypatch):
    """Makes what runs the aws CLI's commands of a service within this process: `aws = aws_command(server, "sqs")`.

    `aws("list-queues")` gives what was printed; `aws.called` are the commands that were called.
    """

    def make(server, service):
        driver = pytest.importorskip("awscli.clidriver")
        # The CLI has put the place of its own data there.
        for name in [name for name in os.environ if name.startswith("AWS_") and name != "AWS_DATA_PATH"]:
            monkeypatch.delenv(name)
        for name, value in {
            "AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        called, cli = set(), driver.create_clidriver()

        def run(command, *words, output="json"):
            called.add(command)
            out, errors = io.StringIO(), io.StringIO()
            # For SQS, version 1 overlooks AWS_ENDPOINT_URL. The driver writes bytes of answers to the buffer beneath.
            with redirect_stdout(out), redirect_stderr(errors):
                status = cli.main([service, command, *map(str, words), "--output", output, "--endpoint-url", server.url])
            assert status == 0, "%s: %s%s" % (command, out.getvalue(), errors.getvalue())
            return json.loads(out.getvalue()) if out.getvalue().strip() else None

        run.called = called
        return run

    return make


@pytest.fixture(scope="session")
def verifying(tmp_path_factory):
    """A server that tests share which verifies signatures; its `root` is key and secret of its owner."""
    _require_binary()
    server = Martlet(tmp_path_factory.mktemp("verifying"), "--auth", "iam")
    _running.append(server)
    server.start()
    lines = [line.removeprefix("export ").split("=", 1) for line in server.run("env").stdout.splitlines() if line.startswith("export")]
    server.root = tuple(dict(lines)[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
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
