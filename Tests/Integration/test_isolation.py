"""A hostile function, against the platform as it is started by root, and by nobody in particular."""

import json
import os
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from martlet import grow_stems, stems, wait_until

ATTACKS = r"""
import ctypes, errno, glob, json, os, resource, signal, socket, subprocess, sys, time, urllib.request, urllib.error

def readable(paths):
    found = []
    for path in paths:
        try:
            with open(path, "rb") as f:
                # What is masked can be opened, and is empty.
                if f.read(1):
                    found.append(path)
        except OSError:
            pass
    return found

def files(event):
    return {"read": readable(event["paths"]), "root": sorted(os.listdir("/")), "home": glob.glob("/home/*") + glob.glob("/root/*")}

def write(event):
    written = []
    for path in ["/var/task/x", "/usr/x", "/etc/x", "/var/runtime/x", "/opt/x", "/x", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/dev/x"]:
        try:
            with open(path, "w") as f:
                f.write("1")
            written.append(path)
        except OSError:
            pass
    with open("/tmp/mine", "w") as f:
        f.write("ok")
    return written

def processes(event):
    pids = [int(p) for p in os.listdir("/proc") if p.isdigit()]
    killed = []
    for pid in range(1, 65536, 1) if event.get("all") else [1, 2, event["pid"]]:
        if pid in (os.getpid(), os.getppid()) and pid != 1:
            continue
        try:
            os.kill(pid, signal.SIGKILL)
            if pid == 1 or pid not in pids:
                killed.append(pid)
        except OSError:
            pass
    time.sleep(0.2)
    return {"count": len(pids), "signalled": [p for p in killed if p != 1], "alive": True}

def ports(event):
    reached = []
    for host in ["127.0.0.1", event["address"], "169.254.169.254", "10.0.0.1"]:
        for port in event["ports"]:
            with socket.socket() as s:
                s.settimeout(10)
                try:
                    # The way to the internet takes a connection before it is made, and ends it if it may not be.
                    s.connect((host, port))
                    if s.recv(1):
                        reached.append("%s:%d" % (host, port))
                except TimeoutError:
                    reached.append("%s:%d, or nothing ended it" % (host, port))
                except OSError:
                    pass
    return reached

def privileges(event):
    libc = ctypes.CDLL(None, use_errno=True)
    got = []
    for name, call in {
        "setuid": lambda: os.setuid(0), "chroot": lambda: os.chroot("/tmp"), "nice": lambda: os.nice(-5),
        "mknod": lambda: os.mknod("/tmp/null", 0o20666, os.makedev(1, 3)),
    }.items():
        try:
            call()
            got.append(name)
        except OSError:
            pass
    def c(name, *arguments):
        if libc.syscall(*arguments) >= 0:
            got.append(name)
    c("mount", 165, b"none", b"/tmp", b"tmpfs", 0, None)
    c("unshare-user", 272, 0x10000000)
    c("unshare-mount", 272, 0x20000)
    c("ptrace", 101, 16, 1, 0, 0)
    c("bpf", 321, 0, None, 0)
    c("keyctl", 250, 0, -3, 1)
    c("io_uring", 425, 1, None)
    c("perf", 298, None, 0, -1, -1, 0)
    c("userfaultfd", 323, 0)
    c("open_by_handle_at", 304, -100, None, 0)
    status = open("/proc/self/status").read()
    return {"got": got, "uid": os.getuid(), "caps": [l.split()[1] for l in status.splitlines() if l.startswith("Cap")],
            "nnp": "NoNewPrivs:\t1" in status, "seccomp": "Seccomp:\t2" in status}

def fork_bomb(event):
    count = 0
    try:
        while count < 100000:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
            count += 1
    except OSError as e:
        return {"count": count, "error": errno.errorcode[e.errno]}

def fill_tmp(event):
    written = 0
    block = b"x" * (1 << 20)
    try:
        with open("/tmp/fill", "wb", buffering=0) as f:
            while written < (4 << 30):
                written += f.write(block)
    except OSError as e:
        return {"written": written >> 20, "error": errno.errorcode[e.errno]}
    finally:
        os.unlink("/tmp/fill")

def daemon(event):
    running, end = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.execv("/bin/sleep", ["/bin/sleep", str(event["mark"])])
        os._exit(0)
    os.close(end)
    # The last end closes when the program runs.
    return os.read(running, 1) == b""

def forge(event):
    answers = {}
    for path in ["/2018-06-01/runtime/invocation/%s/response" % event["other"], "/2018-06-01/runtime/init/error"]:
        request = urllib.request.Request("http://127.0.0.1:9001" + path, data=b"{}", method="POST")
        try:
            answers[path] = urllib.request.urlopen(request, timeout=30).status
        except urllib.error.HTTPError as e:
            answers[path] = e.code
    return answers

def platform(event):
    answers = {}
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    for path in ["/_martlet/health", "/_martlet/reset", "/_localstack/health"]:
        try:
            method = "POST" if path.endswith("reset") else "GET"
            answers[path] = urllib.request.urlopen(urllib.request.Request(endpoint + path, method=method), timeout=30).status
        except urllib.error.HTTPError as e:
            answers[path] = e.code
    forged = "AWS4-HMAC-SHA256 Credential=999999999999/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=00"
    request = urllib.request.Request(endpoint + "/", data=b"Action=GetCallerIdentity&Version=2011-06-15", headers={"Authorization": forged})
    answers["identity"] = urllib.request.urlopen(request, timeout=30).read().decode()
    return answers

def handler(event, context):
    return globals()[event["attack"]](event)
"""


@pytest.fixture(scope="module", params=["root", "unprivileged", "root-stem", "unprivileged-stem"])
def platform(request, tmp_path_factory):
    """A server with the hostile function, started by root or not; its environments begin in stems or from nothing."""
    import martlet as m

    mode, _, stem = request.param.partition("-")
    if mode == "root" and os.geteuid() != 0:
        pytest.skip("needs root")
    folder = tmp_path_factory.mktemp("hostile")
    server = m.Martlet(folder, "--stems", "auto" if stem else "off")
    if mode == "unprivileged" and os.geteuid() == 0:
        m.become_nobody(server)
    server.start()
    server.mode = mode
    if stem:
        grow_stems(server)
    api = server.deploy("hostile", {"app.py": ATTACKS}, runtime="python3.11", Timeout=60, MemorySize=256)

    attacks = []

    def attack(name, check=True, **event):
        attacks.append(name)
        result = api.invoke(FunctionName="hostile", Payload=json.dumps({"attack": name, **event}).encode())
        answer = json.load(result["Payload"])
        assert not check or "FunctionError" not in result, answer
        return answer

    server.attack = attack
    yield server
    # Where this process was left one test of them, its only environment may have begun before there was a stem.
    if stem and len(attacks) > 1:
        assert stems(server)["used"] >= 1
    server.stop()


def test_the_hosts_files_are_out_of_sight(platform):
    secret = Path(platform.folder) / "secret"
    secret.write_text("x")
    answer = platform.attack(
        "files",
        paths=["/etc/shadow", "/root/.bashrc", str(secret), str(platform.data) + "/master.key", "/proc/kcore", "/proc/kallsyms",
               "/proc/1/environ", "/proc/1/root/etc/shadow", "/proc/keys", "/dev/mem", "/dev/sda", "/dev/vda", "/proc/timer_list", "/proc/sched_debug"],
    )
    assert answer["read"] == []
    assert answer["home"] == []


def test_nothing_but_tmp_can_be_written(platform):
    assert platform.attack("write") == []


def test_other_processes_cannot_be_seen_or_signalled(platform):
    answer = platform.attack("processes", pid=platform.process.pid)
    assert answer["count"] <= 4 and answer["signalled"] == [] and answer["alive"]
    assert platform.process.poll() is None


def test_the_hosts_ports_are_out_of_reach(platform):
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen(5)
        listener.settimeout(0)
        address = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
        reached = platform.attack("ports", address=(address or ["127.0.0.1"])[0], ports=[listener.getsockname()[1], 22])
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert reached == []


def test_no_privilege_can_be_gained(platform):
    answer = platform.attack("privileges")
    assert answer["got"] == []
    assert answer["uid"] != 0 or platform.mode == "unprivileged"
    assert set(answer["caps"]) == {"0000000000000000"}
    assert answer["nnp"] and answer["seccomp"]


def test_a_fork_bomb_ends_at_its_limit(platform):
    # A function of its own, with a whole CPU: what it leaves behind stays in its environment.
    api = platform.deploy("bomb", {"app.py": ATTACKS}, runtime="python3.11", Timeout=60, MemorySize=1769)
    result = api.invoke(FunctionName="bomb", Payload=b'{"attack": "fork_bomb"}')
    answer = json.load(result["Payload"])
    assert "FunctionError" not in result, answer
    assert answer["error"] in ("EAGAIN", "ENOMEM") and answer["count"] <= 1024
    assert platform.is_ready()


def test_tmp_holds_what_it_should_and_no_more(platform):
    api = platform.client("lambda")
    if "tmp-filler" not in [f["FunctionName"] for f in api.list_functions()["Functions"]]:
        platform.deploy("tmp-filler", {"app.py": ATTACKS}, runtime="python3.11", Timeout=60, MemorySize=128)
    result = api.invoke(FunctionName="tmp-filler", Payload=b'{"attack": "fill_tmp"}')
    answer = json.load(result["Payload"])
    assert "FunctionError" not in result, answer
    assert answer["error"] == "ENOSPC" and 450 <= answer["written"] <= 520


def test_processes_left_behind_die_with_the_environment(platform):
    mark = 10**6 + int.from_bytes(os.urandom(3), "big")
    platform.attack("daemon", mark=mark)
    running = lambda: [p for p in os.listdir("/proc") if p.isdigit() and cmdline(p) == b"/bin/sleep\0%d\0" % mark]
    assert running()
    platform.client("lambda").update_function_configuration(FunctionName="hostile", Timeout=59)
    platform.client("lambda").get_waiter("function_updated_v2").wait(FunctionName="hostile", WaiterConfig={"Delay": 1})
    wait_until(lambda: not running())


def cmdline(pid):
    try:
        return Path("/proc/%s/cmdline" % pid).read_bytes()
    except OSError:
        return b""


def test_runtime_api_calls_cannot_be_forged(platform):
    answers = platform.attack("forge", other="00000000-0000-4000-8000-000000000000")
    assert list(answers.values()) == [400, 403]


def test_the_platform_knows_its_callers_by_their_socket(platform):
    answers = platform.attack("platform")
    assert all(answers[path] in (403, 404) for path in ["/_martlet/health", "/_martlet/reset", "/_localstack/health"])
    assert "<Account>000000000000</Account>" in answers["identity"]
    assert "<Arn>arn:aws:sts::000000000000:assumed-role/test-role/hostile</Arn>" in answers["identity"]


def test_memory_is_limited(platform):
    if platform.mode == "unprivileged":
        pytest.skip("needs control groups; `martlet doctor` says so")
    api = platform.deploy(
        "eater", {"app.py": "def handler(e, c):\n    x = []\n    while True: x.append(bytearray(1 << 22))\n"}, runtime="python3.11",
        Timeout=60,
    )
    answer = json.load(api.invoke(FunctionName="eater")["Payload"])
    assert answer["errorType"] == "Runtime.OutOfMemory"
    assert platform.is_ready()


def test_doctor_says_what_protection_is_missing(platform):
    done = platform.run("doctor")
    if platform.mode == "unprivileged":
        assert "memory" in done.stdout
    assert "launcher" in done.stdout.lower()


def descendants(pid):
    found = []
    for p in os.listdir("/proc"):
        if p.isdigit():
            try:
                parent = int(Path("/proc/%s/stat" % p).read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found += [int(p), *descendants(int(p))]
    return found


@pytest.mark.parametrize("victim", ["martlet", "launcher"])
def test_a_kill_leaves_nothing_behind(martlet, victim):
    server = martlet().start()
    api = server.deploy("sleeper", {"app.py": "import time\ndef handler(e, c):\n    time.sleep(30)\n"}, Timeout=60)
    server.deploy("warm", {"app.py": "def handler(e, c): return 1"}).invoke(FunctionName="warm")
    thread = threading.Thread(target=lambda: attempt(lambda: api.invoke(FunctionName="sleeper")), daemon=True)
    thread.start()
    wait_until(lambda: len(descendants(server.process.pid)) >= 5)
    family = descendants(server.process.pid)
    before = mounts()
    if victim == "martlet":
        server.kill9()
    else:
        os.kill(min(family), 9)
    wait_until(lambda: not [p for p in family if alive(p)])
    if victim == "launcher":
        server.kill9()
    # Others on this machine may mount what they like.
    assert [line for line in mounts() - before if "martlet" in line or str(server.folder) in line] == []
    server.start()
    assert json.load(server.client("lambda").invoke(FunctionName="warm")["Payload"]) == 1
    server.stop()
    left = subprocess.run(
        ["find", "/sys/fs/cgroup", "-maxdepth", "3", "-type", "d", "-name", "*martlet*"], capture_output=True, text=True
    ).stdout.split()
    identity = os.stat(server.data)
    assert [f for f in left if "%x-%x" % (identity.st_dev, identity.st_ino) in f] == []


def mounts():
    return set(Path("/proc/mounts").read_text().splitlines())


def attempt(action):
    try:
        action()
    except Exception:
        pass


def alive(pid):
    try:
        return Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
