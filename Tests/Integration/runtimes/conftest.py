import textwrap

import interpreters
import pytest
from fake_runtime_api import Function


@pytest.fixture(params=interpreters.pythons().items(), ids=lambda item: "python" + item[0])
def python(request):
    return request.param


@pytest.fixture(params=interpreters.nodes().items(), ids=lambda item: "nodejs" + item[0])
def node(request):
    return request.param


@pytest.fixture
def start(tmp_path):
    """Starts functions: `start(command, {"app.py": code}, handler, environment=…)`. They end with the test."""
    functions = []

    def start(command, files, handler, **options):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        functions.append(Function(command, tmp_path, handler, **options))
        return functions[-1]

    yield start
    for function in reversed(functions):
        if function.process.poll() is None:
            function.stop()


@pytest.fixture
def start_python(python, start):
    """Starts a Python function from the text of `app.py`, with each interpreter."""
    version, path = python
    bootstrap = [path, "-S", str(interpreters.RUNTIMES / "python/bootstrap.py")]

    def start_python(code, handler="app.handler", environment=None, files=None, **options):
        environment = {"AWS_EXECUTION_ENV": "AWS_Lambda_python" + version, **(environment or {})}
        return start(bootstrap, {"app.py": code, **(files or {})}, handler, environment=environment, **options)

    start_python.version = tuple(map(int, version.split(".")))
    return start_python


@pytest.fixture
def start_node(node, start):
    """Starts a Node.js function, with each interpreter."""
    version, path = node
    bootstrap = [path, str(interpreters.RUNTIMES / "nodejs/bootstrap.cjs")]

    def start_node(code, handler="app.handler", environment=None, files=None, name="app.js", **options):
        environment = {"AWS_EXECUTION_ENV": "AWS_Lambda_nodejs%s.x" % version, **(environment or {})}
        return start(bootstrap, {name: code, **(files or {})}, handler, environment=environment, **options)

    start_node.version = int(version)
    return start_node
