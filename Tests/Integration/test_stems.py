"""Stems: what they come from, what becomes of them, and that nothing is left behind."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from leftovers import RESERVED_DESCRIPTORS, alive, family, loops
from martlet import ONCE, grow_stems, stems, wait_until

LONG = os.environ.get("MARTLET_LONG") == "1"


def programs(server, name):
    found = []
    for pid in family(server.process.pid):
        try:
            if Path("/proc/%d/comm" % pid).read_text().strip().startswith(name):
                found.append(pid)
        except OSError:
            pass
    return found


def groups(server):
    identity = os.stat(server.data)
    name = "martlet-%x-%x" % (identity.st_dev, identity.st_ino)
    found = []
    for line in Path("/proc/mounts").read_text().splitlines():
        place = Path(line.split()[1])
        if line.split()[2].startswith("cgroup") and (place / name).exists():
            found += [p for p in (place / name).iterdir() if p.is_dir()]
    return found


def test_a_stem_that_died_is_replaced(martlet):
    server = martlet().start()
    grow_stems(server)
    for round_ in range(3):
        victims = programs(server, "python3")
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        # At once, without waiting until somebody has noticed.
        server.deploy("f%d" % round_, {"app.py": "def handler(e, c): return 1"}, runtime="python3.11")
        assert server.invoke("f%d" % round_, {}) == 1
    wait_until(lambda: stems(server)["ready"] >= 2)


@pytest.mark.parametrize("victim", ["martlet", "launcher"])
def test_a_kill_at_any_moment_leaves_nothing_behind(martlet, victim):
    server = martlet()
    for round_ in range(40 if LONG else 5):
        server.start()
        names = ["k%d-%d" % (round_, i) for i in range(4)]
        grow_stems(server)
        for name in names:
            server.deploy(name, {"app.py": "def handler(e, c): return 1"}, runtime="python3.11")
        errors = []

        # What is lost is not tried again: it would be lost again, and again after a pause.
        api = server.client("lambda", config=ONCE)

        def call(name):
            try:
                api.invoke(FunctionName=name)
            except Exception as error:  # its server was killed
                errors.append(error)

        threads = [threading.Thread(target=call, args=(name,), daemon=True) for name in names]
        for thread in threads:
            thread.start()
        time.sleep(0.003 * round_)
        pids = family(server.process.pid)
        if victim == "martlet":
            server.kill9()
        else:
            os.kill(pids[0], signal.SIGKILL)
        wait_until(lambda: not [p for p in pids if alive(p)])
        if victim == "launcher":
            for thread in threads:
                thread.join(30)
                assert not thread.is_alive()
            server.kill9()
        wait_until(lambda: loops(server) == 0)
    server.start()
    server.stop()
    assert groups(server) == []


def zygotes(server):
    """Interpreters whose parent is the launcher itself."""
    return [pid for pid in programs(server, "python3") if parent(pid) == family(server.process.pid)[0]]


def parent(pid):
    return int(Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()[1])


def test_a_zygote_that_died_is_done_without(martlet):
    if os.geteuid() != 0:
        pytest.skip("there are zygotes with root only")
    server = martlet().start()
    grow_stems(server)
    assert len(zygotes(server)) == 1
    for round_ in range(8):
        server.deploy("z%d" % round_, {"app.py": "def handler(e, c): return 1"}, runtime="python3.11")
    errors = []

    def call(name):
        try:
            assert server.invoke(name, {}) == 1
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=call, args=("z%d" % i,)) for i in range(8)]
    for i, thread in enumerate(threads):
        thread.start()
        if i == 4:
            for pid in zygotes(server):
                os.kill(pid, signal.SIGKILL)
    for thread in threads:
        thread.join(60)
    assert errors == [] and zygotes(server) == []
    server.stop()
    assert groups(server) == []


def test_what_is_forked_has_nothing_of_the_zygote(martlet):
    if os.geteuid() != 0:
        pytest.skip("there are zygotes with root only")
    server = martlet().start()
    grow_stems(server)
    code = (
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "def fails(number, *arguments):\n"
        "    return libc.syscall(number, *arguments) < 0\n"
        "def handler(e, c):\n"
        "    status = open('/proc/self/status').read().splitlines()\n"
        "    return {'caps': [l.split()[1] for l in status if l.startswith('Cap')], 'pid': [os.getpid(), os.getppid()],\n"
        "            'setns': [fails(308, os.open('/proc/self/ns/' + n, os.O_RDONLY), 0) for n in os.listdir('/proc/self/ns')],\n"
        "            'setuid': fails(105, 0) and fails(105, e['other']), 'clone3': fails(435, None, 0), 'groups': fails(116, 0, None),\n"
        "            'control': [f for f in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + f) and 'socket' in os.readlink('/proc/self/fd/' + f)]}\n"
    )
    seen = []
    zygote = zygotes(server)[0]
    uid = os.stat("/proc/%d" % zygote).st_uid
    for i in range(2):
        server.deploy("f%d" % i, {"app.py": code}, runtime="python3.11")
        result = server.invoke("f%d" % i, {"other": uid})
        assert set(result["caps"]) == {"0" * 16} and result["pid"] == [2, 1]
        assert all(result["setns"]) and result["setuid"] and result["clone3"] and result["groups"]
        # The connection to the Runtime API.
        assert result["control"] == ["3"]
        seen.append(result)
    assert stems(server)["used"] == 2
    status = Path("/proc/%d/status" % zygote).read_text()
    assert "NoNewPrivs:\t1" in status and "CapBnd:\t" + "0" * 16 in status and "CapEff:\t00000000002400c0" in status


def test_many_environments_leave_nothing_behind(martlet, figure):
    server = martlet().start()
    grow_stems(server)
    api = server.client("lambda")
    server.deploy("churn", {"app.py": "def handler(e, c): return 1"}, runtime="python3.11")
    wait_until(lambda: stems(server)["ready"] >= 2 and stems(server)["starting"] == 0)
    launcher = family(server.process.pid)[0]

    def held():
        return {
            "processes": len(family(server.process.pid)), "groups": len(groups(server)), "loops": loops(server),
            "launcher": len(os.listdir("/proc/%d/fd" % launcher)), "martlet": len(os.listdir("/proc/%d/fd" % server.process.pid)),
        }

    rounds = 10_000 if LONG else 30
    for round_ in range(rounds):
        # Another configuration is another environment; the old one ends.
        api.update_function_configuration(FunctionName="churn", Description=str(round_))
        api.get_waiter("function_updated_v2").wait(FunctionName="churn", WaiterConfig={"Delay": 0.01, "MaxAttempts": 1000})
        assert server.invoke("churn", {}) == 1
    used = stems(server)["used"]
    figure("environments that began in stems", used)
    assert used >= rounds * 0.5
    api.delete_function(FunctionName="churn")
    # Every stem there may be, with all that one has; connections of the test's own clients come and go.
    most = stems(server)["ready"] + stems(server)["starting"] + 4
    launchers = 16 * most + 32 + RESERVED_DESCRIPTORS
    for name, few in (("processes", 2 * most + 4), ("groups", 5 * most), ("launcher", launchers), ("martlet", 6 * most + 64)):
        wait_until(lambda: held()[name] <= few, timeout=30)
    server.stop()
    assert groups(server) == []


def test_secrets_do_not_get_into_stems(martlet):
    if os.geteuid() != 0:
        pytest.skip("needs root to read other processes' memory")
    server = martlet().start()
    grow_stems(server)
    grow_stems(server, "provided.al2023", Timeout=1)
    secret = "marked-" + os.urandom(12).hex()
    for i in range(4):
        server.deploy("s%d" % i, {"app.py": "def handler(e, c): return 1"}, runtime="python3.11", Environment={"Variables": {"MINE": secret}})
        assert server.invoke("s%d" % i, {}) == 1
    wait_until(lambda: stems(server)["ready"] >= 4 and stems(server)["starting"] == 0)
    holders = []
    for pid in family(server.process.pid):
        if secret.encode() in memory(pid):
            environment = Path("/proc/%d/environ" % pid).read_bytes()
            # The function's own process may.
            if secret.encode() not in environment:
                holders.append((pid, Path("/proc/%d/cmdline" % pid).read_bytes()))
    assert holders == []


def memory(pid):
    found = b""
    try:
        with open("/proc/%d/mem" % pid, "rb", buffering=0) as mem:
            for line in Path("/proc/%d/maps" % pid).read_text().splitlines():
                if " rw" not in line:
                    continue
                start, end = (int(x, 16) for x in line.split()[0].split("-"))
                try:
                    mem.seek(start)
                    found += mem.read(min(end - start, 64 << 20)) or b""
                except (OSError, ValueError):
                    pass
    except OSError:
        pass
    return found


# Choices


def test_stems_can_be_turned_down(martlet):
    off = martlet("--stems", "off").start()
    off.deploy("f", {"app.py": "def handler(e, c): return 1"}, runtime="python3.11")
    assert off.invoke("f", {}) == 1
    assert stems(off) is None and "stems: off" in off.run("status").stdout
    one = martlet("--stems", "1").start()
    grow_stems(one, count=1)
    assert stems(one)["ready"] == 1
    assert "1 ready" in one.run("status").stdout
    with pytest.raises(RuntimeError, match="--stems is many"):
        martlet("--stems", "many").start()


def test_nothing_is_kept_before_the_first_use(martlet):
    server = martlet().start()
    time.sleep(0.3)
    assert stems(server) == {"ready": 0, "starting": 0, "runtimes": {}, "used": 0, "missed": 0}
    # The launcher, its gateway, and what makes disks.
    assert len(family(server.process.pid)) <= 5
