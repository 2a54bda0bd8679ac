"""Whatever was acknowledged is on disk: seen by a tracer, and by killing what writes."""

import os
import random
import re
import resource
import shutil
import signal
import subprocess
import threading
import time
import uuid

import pytest


# Under the tracer

SYNCS = "fdatasync,fsync,rename,write"
needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed (Debian: apt install strace)")


def trace(folder, *command):
    """The completed system calls of the command, in order: (name, the line)."""
    output = f"{folder}/trace"
    subprocess.run(
        ["strace", "-f", "-o", output, "-e", f"trace={SYNCS}", "-s", "200", *command], check=True, stdout=subprocess.DEVNULL, timeout=120
    )
    started = {}
    calls = []
    with open(output) as lines:
        for line in lines:
            thread, rest = line.split(None, 1)
            if match := re.match(r"(\w+)\((.*)<unfinished \.\.\.>", rest):
                started[thread] = (match[1], match[2])
                # What is said counts from when it began: before that nobody has heard it.
                if match[1] == "write":
                    calls.append((match[1], match[2]))
            elif match := re.match(r"<\.\.\. (\w+) resumed>(.*)= 0", rest):
                if match[1] != "write":
                    calls.append((match[1], started.pop(thread, ("", ""))[1] + match[2]))
            elif match := re.match(r"(\w+)\((.*)= \d+", rest):
                calls.append((match[1], match[2]))
    return calls


def said(call, word):
    """What follows `word` if the call says it."""
    name, text = call
    match = re.match(rf'1, "{word} ([^\\]+)', text) if name == "write" else None
    return match[1] if match else None


def acknowledgements(calls):
    """For each "ack": the calls since its "begin"."""
    begun = {}
    for position, call in enumerate(calls):
        if (key := said(call, "begin")) is not None:
            begun[key] = position
        elif (key := said(call, "ack")) is not None:
            yield key, calls[begun[key] : position] if key in begun else calls[:position]


@needs_strace
@pytest.mark.parametrize("writers", [1, 16])
def test_each_write_is_synced_before_its_answer(probe, folder, writers):
    calls = trace(folder, probe, "write", f"{folder}/data", str(writers), "20")
    answers = list(acknowledgements(calls))
    assert len(answers) == 20 * writers
    for key, since in answers:
        assert any(name == "fdatasync" for name, _ in since), f"write {key} was answered before it was synced"
    syncs = sum(name == "fdatasync" for name, _ in calls)
    if writers > 1:
        assert syncs < len(answers), "concurrent writes do not share their syncs"


@needs_strace
def test_each_blob_and_its_name_are_synced_before_the_answer(probe, folder):
    calls = trace(folder, probe, "blobs", f"{folder}/blobs", "1", "20")
    since = []
    answers = 0
    for call in calls:
        if said(call, "begin") is not None:
            since = []
        elif said(call, "ack") is not None:
            answers += 1
            names = [name for name, _ in since]
            assert names.index("fdatasync") < names.index("rename"), names
            assert "fsync" in names[names.index("rename") :], names
        else:
            since.append(call)
    assert answers == 20


# Killed at random points


class Writer:
    """A running probe, whose acknowledgements are collected."""

    def __init__(self, probe, *arguments):
        self.process = subprocess.Popen([probe, *arguments], stdout=subprocess.PIPE, text=True)
        self.acknowledged = []
        self.output = []
        self.is_ready = threading.Event()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.output.append(line)
            word, _, rest = line.rstrip("\n").partition(" ")
            if word == "ready":
                self.is_ready.set()
            elif word == "ack" and line.endswith("\n"):
                self.acknowledged.append(rest)
        self.is_ready.set()

    def run_for(self, seconds, acknowledged=False):
        """Lets it write; with `acknowledged`, until something is, too."""
        assert self.is_ready.wait(60)
        time.sleep(seconds)
        deadline = time.monotonic() + 60
        while acknowledged and not self.acknowledged:
            assert time.monotonic() < deadline and self.process.poll() is None
            time.sleep(0.01)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        return self.wait()

    def wait(self):
        self.process.wait(60)
        self.reader.join(60)
        return self.acknowledged


def present(probe, target):
    """The numbers that are there."""
    result = subprocess.run([probe, "list", target], capture_output=True, text=True, timeout=120)
    lines = result.stdout.split("\n")[:-1]
    assert result.returncode == 0 and lines[-1] == "done", result.stdout[-2000:]
    assert not [line for line in lines if line.startswith("torn")], "half a write is there"
    return set(lines[:-1])


@pytest.mark.parametrize("writers", [1, 32])
def test_nothing_acknowledged_is_lost_by_kill(probe, folder, writers, rounds, figure):
    acknowledged = set()
    for round_ in range(rounds):
        writer = Writer(probe, "write", f"{folder}/data", str(writers), "0")
        writer.run_for(random.uniform(0.005, 0.15), acknowledged=round_ == 0)
        acknowledged.update(writer.kill())
        assert acknowledged <= present(probe, f"{folder}/data")
    assert acknowledged
    figure("kills", rounds)
    figure("acknowledged writes", len(acknowledged))


def test_no_blob_acknowledged_is_lost_by_kill(probe, folder, rounds, figure):
    digests = set()
    for round_ in range(rounds):
        writer = Writer(probe, "blobs", f"{folder}/blobs", "4", "0")
        writer.run_for(random.uniform(0.005, 0.1), acknowledged=round_ == 0)
        fresh = writer.kill()
        digests.update(fresh)
        result = subprocess.run([probe, "check", f"{folder}/blobs", *fresh], capture_output=True, text=True, timeout=60)
        assert result.returncode == 0, result.stdout[-2000:]
        assert not [name for name in os.listdir(f"{folder}/blobs") if name.startswith(".")], "a crash has left its remains"
    assert digests
    figure("kills", rounds)
    figure("acknowledged blobs", len(digests))


def test_nothing_acknowledged_is_lost_when_a_node_is_killed(probe, postgres, rounds, figure):
    target = f"{postgres.url}#kill_{uuid.uuid4().hex[:8]}"
    acknowledged = set()
    for round_ in range(rounds):
        writer = Writer(probe, "write", target, "8", "0")
        writer.run_for(random.uniform(0.02, 0.2), acknowledged=round_ == 0)
        acknowledged.update(writer.kill())
        assert acknowledged <= present(probe, target)
    assert acknowledged
    figure("kills", rounds)
    figure("acknowledged writes", len(acknowledged))


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGKILL])
def test_nothing_acknowledged_is_lost_when_the_server_is_killed(probe, postgres, number, rounds):
    target = f"{postgres.url}#server_{uuid.uuid4().hex[:8]}"
    acknowledged = set()
    for _ in range(max(2, rounds // 10)):
        writer = Writer(probe, "write", target, "8", "0")
        writer.run_for(random.uniform(0.1, 0.3), acknowledged=True)
        postgres.kill(number)
        # The writer gives up with a plain error: it does not hang, and claims nothing.
        acknowledged.update(writer.wait())
        assert writer.process.returncode == 1
        assert "PostgreSQL" in "".join(writer.output) or "connection" in "".join(writer.output)
        postgres.start()
        assert acknowledged <= present(probe, target)
    assert acknowledged


# Limits


def test_a_file_that_may_not_grow_is_a_full_disk(probe, folder):
    """As a quota does it, for users who can't mount a small disk."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    # The interpreter ignores SIGXFSZ, and so shall the probe.
    result = subprocess.run(
        [probe, "write", f"{folder}/data", "1", "100000"],
        capture_output=True, text=True, timeout=60, preexec_fn=limit, restore_signals=False,
    )
    assert result.returncode == 1
    assert "No space is left" in result.stdout
    acknowledged = {line[4:] for line in result.stdout.splitlines() if line.startswith("ack ")}
    assert acknowledged and acknowledged <= present(probe, f"{folder}/data")


def test_a_folder_in_use_is_refused(probe, folder):
    writer = Writer(probe, "write", f"{folder}/data", "1", "0")
    try:
        writer.run_for(0)
        second = subprocess.run([probe, "list", f"{folder}/data"], capture_output=True, text=True, timeout=60)
        assert second.returncode == 1
        assert f"process {writer.process.pid}" in second.stdout
        assert f"{folder}/data" in second.stdout
    finally:
        writer.kill()
    assert set(writer.acknowledged) <= present(probe, f"{folder}/data")


def test_starting_is_quick(probe, folder, figure):
    """Opening and checking the schema is a small part of the 50 ms that the whole server has."""
    subprocess.run([probe, "write", f"{folder}/data", "1", "1"], check=True, stdout=subprocess.DEVNULL)
    times = []
    for _ in range(5):
        # Processor time: what else the machine does is no part of it.
        start = processor_time_of_children()
        subprocess.run([probe, "list", f"{folder}/data"], check=True, stdout=subprocess.DEVNULL)
        times.append(processor_time_of_children() - start)
    figure("processor time to open, migrate, read and close, with the process's own start", f"{min(times) * 1000:.1f} ms")
    assert min(times) < 0.5


def processor_time_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
