"""Functions whose code is a folder of the developer's: what is allowed, and that a change is seen at the next invocation."""

import json
import os

import pytest
from martlet import error, wait_until, zip_package

PYTHON = "import helper\ncount = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return [helper.value, count]\n"


@pytest.fixture
def project(tmp_path):
    """A folder of functions, which the server may use; functions run as another user."""
    for path in [tmp_path, *(p for p in tmp_path.parents if p.name.startswith(("pytest-", "popen-")))]:
        path.chmod(0o755)
    folder = tmp_path / "project"
    folder.mkdir()
    folder.chmod(0o755)
    return folder


@pytest.fixture
def server(martlet, project):
    return martlet("--allow-local-code", project).start()


def write(folder, files):
    folder.mkdir(exist_ok=True, parents=True)
    folder.chmod(0o755)
    for name, text in files.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def create(server, name, folder, runtime="python3.12", **more):
    api = server.client("lambda")
    made = api.create_function(
        FunctionName=name, Runtime=runtime, Handler="app.handler", Role=server.role(), Timeout=20,
        Code={"S3Bucket": "hot-reload", "S3Key": str(folder)}, **more,
    )
    api.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    return made


RUNTIMES = {
    "python3.12": ("app.py", "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return ['%s', count]\n"),
    "nodejs20.x": ("app.js", "let count = 0;\nexports.handler = async () => ['%s', ++count];\n"),
    "provided.al2023": (
        "bootstrap",
        """#!/bin/sh
count=0
while :; do
    curl -sS -D /tmp/headers -o /tmp/event "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next"
    id=$(tr -d '\\r' </tmp/headers | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
    count=$((count + 1))
    curl -sS -o /dev/null -d "[\\"%s\\", $count]" "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response"
done
""",
    ),
}


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_change_is_seen_at_the_next_invocation(server, project, runtime):
    file, text = RUNTIMES[runtime]
    folder = write(project / "function", {file: text % "first"})
    create(server, "hot", folder, runtime)
    # A warm environment stays as long as nothing changes.
    assert [server.invoke("hot") for _ in range(3)] == [["first", 1], ["first", 2], ["first", 3]]
    for round in range(5):
        (folder / file).write_text(text % ("edit %d" % round))
        assert [server.invoke("hot") for _ in range(2)] == [["edit %d" % round, 1], ["edit %d" % round, 2]]


def test_every_kind_of_change(server, project):
    folder = write(project / "function", {"app.py": PYTHON, "helper.py": "value = 'one'\n"})
    create(server, "kinds", folder)
    invoke = lambda: server.invoke("kinds")
    assert [invoke(), invoke()] == [["one", 1], ["one", 2]]
    # The same size, and the time of before.
    times = (folder / "helper.py").stat()
    (folder / "helper.py").write_text("value = 'two'\n")
    os.utime(folder / "helper.py", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert invoke() == ["two", 1]
    # In the place of the file, as editors save.
    write(folder, {"helper.new": "value = 'three'\n"})
    os.rename(folder / "helper.new", folder / "helper.py")
    assert invoke() == ["three", 1]
    # A folder in the place of a module, and a change deep inside.
    (folder / "helper.py").unlink()
    write(folder / "helper", {"__init__.py": "from .deep.value import value\n"})
    write(folder / "helper/deep", {"__init__.py": "", "value.py": "value = 'four'\n"})
    assert invoke() == ["four", 1]
    (folder / "helper/deep/value.py").write_text("value = 'five'\n")
    assert invoke() == ["five", 1]
    # What is no code.
    write(folder / ".git", {"index": "x"})
    write(folder / "helper/__pycache__", {"x.pyc": "x"})
    assert invoke() == ["five", 2]
    # Another folder in its place, as builds make it.
    os.rename(folder, project / "old")
    write(folder, {"app.py": PYTHON, "helper.py": "value = 'six'\n"})
    assert invoke() == ["six", 1]
    # Nothing is written into it.
    assert sorted(p.name for p in folder.iterdir()) == ["app.py", "helper.py"]


def test_other_ways_to_invoke(server, project):
    folder = write(project / "function", {"app.py": PYTHON, "helper.py": "value = 'one'\n"})
    create(server, "ways", folder)
    api = server.client("lambda")
    assert server.invoke("ways") == ["one", 1]
    (folder / "helper.py").write_text("value = 'stream'\n")
    stream = api.invoke_with_response_stream(FunctionName="ways", Payload=b"{}")["EventStream"]
    assert json.loads(b"".join(part["PayloadChunk"]["Payload"] for part in stream if "PayloadChunk" in part)) == ["stream", 1]
    (folder / "helper.py").write_text("value = 'event'\nprint('event loaded')\n")
    api.invoke(FunctionName="ways", InvocationType="Event", Payload=b"{}")
    logs = server.client("logs")
    wait_until(lambda: any("event loaded" in event["message"] for event in logs.filter_log_events(logGroupName="/aws/lambda/ways")["events"]))
    assert server.invoke("ways") == ["event", 2]
    api.create_alias(FunctionName="ways", Name="dev", FunctionVersion="$LATEST")
    (folder / "helper.py").write_text("value = 'alias'\n")
    assert server.invoke("ways:dev") == ["alias", 1]


def test_what_answers_show(server, project):
    folder = write(project / "a b", {"app.py": PYTHON, "helper.py": "value = 'one'\n"})
    api = server.client("lambda")
    made = create(server, "shown", folder)
    assert made["CodeSize"] == 0 and len(made["CodeSha256"]) == 44
    found = api.get_function(FunctionName="shown")
    assert found["Code"]["Location"] == "file://%s" % str(folder).replace(" ", "%20")
    assert found["Configuration"]["CodeSha256"] == made["CodeSha256"]
    # A package in the folder's place, and back.
    package = zip_package({"app.py": "def handler(event, context): return 'package'\n"})
    api.update_function_code(FunctionName="shown", ZipFile=package)
    api.get_waiter("function_updated_v2").wait(FunctionName="shown", WaiterConfig={"Delay": 1})
    assert server.invoke("shown") == "package"
    assert api.update_function_code(FunctionName="shown", S3Bucket="hot-reload", S3Key=str(folder), DryRun=True)["CodeSize"] == 0
    api.update_function_code(FunctionName="shown", S3Bucket="hot-reload", S3Key=str(folder))
    api.get_waiter("function_updated_v2").wait(FunctionName="shown", WaiterConfig={"Delay": 1})
    assert server.invoke("shown") == ["one", 1]


def test_a_version_is_a_package(server, project):
    folder = write(project / "function", {"app.py": PYTHON, "helper.py": "value = 'one'\n", "module.py": "x = 1\n"})
    os.symlink("module.py", folder / "link.py")
    create(server, "versions", folder)
    api = server.client("lambda")
    first = api.publish_version(FunctionName="versions")
    assert first["Version"] == "1" and first["CodeSize"] > 0
    assert api.publish_version(FunctionName="versions")["Version"] == "1"
    (folder / "helper.py").write_text("value = 'two'\n")
    assert [server.invoke("versions:1"), server.invoke("versions")] == [["one", 1], ["two", 1]]
    second = api.publish_version(FunctionName="versions")
    assert second["Version"] == "2" and second["CodeSha256"] != first["CodeSha256"]
    assert [server.invoke("versions:2"), server.invoke("versions:1")] == [["two", 1], ["one", 2]]
    code, message, status = error(api.update_function_code, FunctionName="versions", S3Bucket="hot-reload", S3Key=str(folder), Publish=True)
    assert (code, status) == ("InvalidParameterValueException", 400) and "PublishVersion" in message


def refusal(server, key, **more):
    code, message, status = error(
        server.client("lambda").create_function, FunctionName="refused", Runtime="python3.12", Handler="app.handler", Role=server.role(),
        Code={"S3Bucket": "hot-reload", "S3Key": str(key), **more})
    assert (code, status) == ("InvalidParameterValueException", 400)
    return message


def test_what_is_refused(server, martlet, project, tmp_path):
    inside = write(project / "function", {"app.py": PYTHON})
    outside = write(tmp_path / "outside", {"app.py": PYTHON})
    os.symlink(outside, project / "escape")
    os.symlink(inside, project / "link")
    for key in (outside, project / "escape", tmp_path, "%sx" % project, "/etc", "/root"):
        assert "--allow-local-code names %s" % project in refusal(server, key)
    for key in ("function", "%s/../outside" % project, "%s/./function" % project):
        assert "no absolute path" in refusal(server, key)
    assert "cannot be opened: No such file or directory" in refusal(server, project / "none")
    assert "is no folder" in refusal(server, inside / "app.py")
    assert "S3ObjectVersion" in refusal(server, inside, S3ObjectVersion="1")
    # A link that stays inside is fine, and may be turned.
    create(server, "linked", project / "link")
    other = martlet().start()
    assert "--allow-local-code" in refusal(other, inside)


def test_a_data_folder_is_no_code(martlet, tmp_path, project):
    server = martlet("--allow-local-code", tmp_path).start()
    for path in (tmp_path, server.folder, server.data, server.data / "code"):
        assert "Martlet's own data" in refusal(server, path) or "cannot be opened" in refusal(server, path)


def test_a_link_that_is_turned_outside(server, project, tmp_path):
    inside = write(project / "one", {"app.py": PYTHON, "helper.py": "value = 'one'\n"})
    write(tmp_path / "outside", {"app.py": PYTHON, "helper.py": "value = 'secret'\n"})
    os.symlink(inside, project / "current")
    create(server, "turned", project / "current")
    assert server.invoke("turned") == ["one", 1]
    (project / "current").unlink()
    os.symlink(tmp_path / "outside", project / "current")
    code, message, _ = error(server.client("lambda").invoke, FunctionName="turned")
    assert code == "InvalidParameterValueException" and "is not in a folder" in message


def test_a_deleted_folder_and_a_restart(server, project):
    folder = write(project / "function", {"app.py": PYTHON, "helper.py": "value = 'one'\n"})
    create(server, "kept", folder)
    assert server.invoke("kept") == ["one", 1]
    server.restart()
    assert server.invoke("kept") == ["one", 1]
    os.rename(folder, project / "away")
    code, message, status = error(server.client("lambda").invoke, FunctionName="kept")
    assert (code, status) == ("InvalidParameterValueException", 400) and "cannot be opened: No such file" in message
    os.rename(project / "away", folder)
    assert server.invoke("kept")[0] == "one"
    # Without the option, at the next start.
    server.stop()
    server.arguments = []
    server.start()
    code, message, _ = error(server.client("lambda").invoke, FunctionName="kept")
    assert code == "InvalidParameterValueException" and "--allow-local-code" in message


def test_options_that_make_no_sense(martlet, project, tmp_path):
    for folder, text in (("/", "of the system"), ("/etc", "of the system"), (tmp_path / "none", "cannot be opened"), (__file__, "no folder")):
        with pytest.raises(RuntimeError, match=text):
            martlet("--allow-local-code", folder).start()


def test_files_that_functions_cannot_read(server, project):
    if os.geteuid() != 0:
        pytest.skip("without root functions run as the developer")
    folder = write(project / "function", {"app.py": PYTHON, "helper.py": "value = 'one'\n"})
    (folder / "helper.py").chmod(0o600)
    create(server, "unreadable", folder)
    answer = server.client("lambda").invoke(FunctionName="unreadable")
    assert "FunctionError" in answer
    assert "may not be able to read" in server.log and "helper.py" in server.log
