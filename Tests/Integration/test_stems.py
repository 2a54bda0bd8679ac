"""Cold starts that begin in stems: a function sees the same world as from nothing, and nothing is left behind."""

import json
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from leftovers import loops
from martlet import grow_stems, stems, wait_until, zip_package

LONG = os.environ.get("MARTLET_LONG") == "1"

PYTHON = r"""
import os, resource, sys
at_load = {"modules": sorted(sys.modules), "cwd": os.getcwd()}

def handler(event, context):
    limits = {n: resource.getrlimit(getattr(resource, n)) for n in dir(resource) if n.startswith("RLIMIT_")}
    status = {}
    for line in open("/proc/self/status"):
        name, _, value = line.partition(":")
        if name in ("Uid", "Gid", "Groups", "NoNewPrivs", "Seccomp", "Umask", "SigBlk", "SigIgn", "SigCgt", "Threads", "NSpid", "CapBnd", "CapEff"):
            status[name] = value.split()
    return {
        "environ": dict(os.environ), "proc": open("/proc/self/environ").read().rstrip("\0").split("\0"), "argv": sys.argv,
        "orig_argv": getattr(sys, "orig_argv", None), "executable": sys.executable, "flags": str(sys.flags),
        "cmdline": open("/proc/self/cmdline").read(), "cwd": os.getcwd(), "path": sys.path, "load": at_load,
        "modules": sorted(sys.modules), "fds": {f: os.path.exists("/proc/self/fd/" + f) and os.readlink("/proc/self/fd/" + f).split(":")[0] for f in os.listdir("/proc/self/fd")},
        "limits": limits, "status": status, "tmp": os.listdir("/tmp"), "opt": os.listdir("/opt"), "task": os.listdir("/var/task"), "size": os.statvfs("/tmp").f_blocks,
        "mounts": [l.split() for l in open("/proc/self/mounts")], "root": sorted(os.listdir("/")), "pid": os.getpid(),
        "caches": sorted(k for k in sys.path_importer_cache if k.startswith(("/var/task", "/opt"))),
        "main": sorted(vars(sys.modules["__main__"])), "cgroup": open("/proc/self/cgroup").read(), "oom": open("/proc/self/oom_score_adj").read(),
        "session": os.getsid(0) == os.getpid(), "group": os.getpgid(0) == os.getpid(), "mask": os.umask(0o22),
        "parent": os.getppid(), "ran": resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw, "exe": os.readlink("/proc/self/exe"),
        "maps": sorted({l.split()[-1] for l in open("/proc/self/maps") if "/bin/" in l}),
        "inherited": inherited(),
    }

def inherited():
    # What a process has from its start, or from the one it was forked from.
    import ctypes, encodings, faulthandler, gc, importlib, io, locale, signal, site, socket, subprocess, sysconfig, tempfile, threading, time, warnings
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_char_p
    names = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "LANG", "TZ", "AWS_REGION", "LAMBDA_TASK_ROOT", "MARTLET_STEM", "MARTLET_ZYGOTE")
    return {
        "getenv": {n: str(libc.getenv(n.encode())) for n in names}, "exec_path": os.get_exec_path(), "child": subprocess.run(["/bin/sh", "-c", "env | cut -d= -f1 | sort; pwd; echo $PATH $LD_LIBRARY_PATH $PYTHONPATH"], capture_output=True, text=True).stdout,
        "prefixes": [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix], "site": [site.ENABLE_USER_SITE, site.getsitepackages(), site.getusersitepackages()],
        "finders": [str(f).split(" at ")[0] for f in sys.meta_path], "hooks": len(sys.path_hooks), "importers": sorted(sys.path_importer_cache), "paths": sysconfig.get_paths(),
        "encodings": [sys.getdefaultencoding(), sys.getfilesystemencoding(), locale.getpreferredencoding(), locale.setlocale(locale.LC_ALL), sys.stdout.encoding, sys.stderr.encoding, sys.stdin.encoding],
        "buffers": [sys.stdout.line_buffering, sys.stderr.line_buffering, sys.stdout.isatty()], "temporary": tempfile.gettempdir(), "zone": [time.tzname, time.timezone], "home": os.path.expanduser("~"),
        "signals": {s.name: str(signal.getsignal(s)) for s in signal.Signals}, "threads": [t.name for t in threading.enumerate()], "main": threading.main_thread() is threading.current_thread(),
        "ident": threading.main_thread().native_id == os.getpid(), "gc": [gc.isenabled(), gc.get_threshold()], "recursion": sys.getrecursionlimit(), "switch": sys.getswitchinterval(), "warnings": [str(f) for f in warnings.filters],
        "timeout": socket.getdefaulttimeout(), "faults": faulthandler.is_enabled(), "audit": sys.gettrace() is None and sys.getprofile() is None, "nice": os.nice(0), "cpus": sorted(os.sched_getaffinity(0)), "host": socket.gethostname(),
    }
"""

NODE = r"""
const fs = require('fs');
const atLoad = { cwd: process.cwd(), cache: Object.keys(require.cache).sort() };
exports.handler = async () => ({
  environ: { ...process.env }, proc: fs.readFileSync('/proc/self/environ', 'utf8').replace(/\0+$/, '').split('\0'),
  argv: process.argv, execArgv: process.execArgv, cmdline: fs.readFileSync('/proc/self/cmdline', 'utf8'), cwd: process.cwd(),
  load: atLoad, cache: Object.keys(require.cache).sort(), globals: Object.getOwnPropertyNames(globalThis).sort(),
  tmp: fs.readdirSync('/tmp'), task: fs.readdirSync('/var/task'), fds: fs.readdirSync('/proc/self/fd').length, root: fs.readdirSync('/').sort(),
  heap: require('v8').getHeapStatistics().heap_size_limit, title: process.title, listeners: process.eventNames().map(String).sort(),
  date: new Date(0).toString(), handles: process.getActiveResourcesInfo(),
});
"""

NATIVE = r"""#!/usr/bin/python3 -S
import json, os, urllib.request
api = "http://%s/2018-06-01/runtime/" % os.environ["AWS_LAMBDA_RUNTIME_API"]
while True:
    with urllib.request.urlopen(api + "invocation/next") as event:
        id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    seen = {
        "environ": dict(os.environ), "proc": open("/proc/self/environ").read().rstrip("\0").split("\0"), "cmdline": open("/proc/self/cmdline").read(),
        "cwd": os.getcwd(), "fds": sorted(os.listdir("/proc/self/fd")), "tmp": os.listdir("/tmp"), "mounts": [l.split() for l in open("/proc/self/mounts")],
        "limits": open("/proc/self/limits").read(), "pid": os.getpid(), "session": os.getsid(0) == os.getpid(),
        "status": [l for l in open("/proc/self/status") if l.startswith(("NoNewPrivs", "Seccomp", "Umask", "Sig", "Cap", "Groups"))],
    }
    urllib.request.urlopen(urllib.request.Request(api + "invocation/%s/response" % id, data=json.dumps(seen).encode(), method="POST")).read()
"""

KINDS = {
    "python3.11": {"app.py": PYTHON},
    "nodejs20.x": {"app.js": NODE},
    "provided.al2023": {"bootstrap": NATIVE},
}


def invoke(server, name, payload=b"{}"):
    answer = server.client("lambda").invoke(FunctionName=name, Payload=payload)
    body = json.load(answer["Payload"])
    assert "FunctionError" not in answer, body
    return body


def normal(seen):
    """What two environments of one function have in common."""
    secret = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_LOG_STREAM_NAME", "_X_AMZN_TRACE_ID"}
    endpoint = ("AWS_ENDPOINT_URL",)
    seen["environ"] = {k: "" if k in secret or k in endpoint else v for k, v in seen["environ"].items()}
    # The trace is not in the process's first environment.
    seen["proc"] = sorted(v for v in seen["proc"] if v.split("=")[0] not in secret and v.split("=")[0] not in endpoint)
    if "mounts" in seen:
        seen["mounts"] = sorted([re.sub(r"/dev/loop\d+", "loop", m[0]), *m[1:]] for m in seen["mounts"])
    if "status" in seen and isinstance(seen["status"], dict):
        for name in ("Uid", "Gid"):
            seen["status"][name] = len(set(seen["status"][name]))
    return seen


@pytest.mark.parametrize("runtime", KINDS)
def test_a_function_sees_the_same_world(martlet, runtime):
    worlds = {}
    for choice in ("off", "auto"):
        server = martlet("--stems", choice).start()
        if choice == "auto":
            grow_stems(server, runtime, Timeout=1)
        used = (stems(server) or {"used": 0})["used"]
        server.deploy(
            "world", KINDS[runtime], runtime=runtime, Environment={"Variables": {"MINE": "ä=\n$x", "EMPTY": "", "PATH": "/bin:/usr/bin"}},
        )
        worlds[choice] = normal(invoke(server, "world"))
        if choice == "auto":
            assert stems(server)["used"] == used + 1
        else:
            assert stems(server) is None
        server.stop()
    for name in worlds["off"]:
        assert worlds["auto"][name] == worlds["off"][name], name


# Functions that use what layers bring: at their import, in the handler, and by programs that they start.
WITH_LAYERS = {
    "python3.11": {"app.py": PYTHON + r"""
import importlib.metadata, importlib.util, lay, shared, deep
opt_at_load = {"path": list(sys.path), "modules": sorted(sys.modules)}
without_layers = handler

def handler(event, context):
    import ctypes, late, shutil, subprocess
    return {
        **without_layers(event, context), "opt_at_load": opt_at_load, "tool": [shutil.which("tool"), subprocess.run(["tool"], capture_output=True, text=True).stdout],
        "library": ctypes.CDLL("liblayer.so").answer(), "files": [m.__file__ for m in (lay, shared, deep, late)], "cached": [m.__cached__ for m in (lay, shared, deep, late)],
        "missing": importlib.util.find_spec("missing"), "distributions": sorted(d.metadata["Name"] for d in importlib.metadata.distributions(path=[p for p in sys.path if p.startswith("/opt")])),
        "inner": subprocess.run([sys.executable, "-c", "import lay, sys; print(sys.path, lay.__file__)"], capture_output=True, text=True).stdout,
        "opened": sorted(l.split()[-1] for l in open("/proc/self/maps") if "/opt/" in l),
    }
"""},
    "nodejs20.x": {"app.js": NODE + r"""
const lay = require('lay'), lay20 = require('lay20'), shared = require('shared');
const withoutLayers = exports.handler;
exports.handler = async () => ({
  ...(await withoutLayers()), values: [lay, lay20, shared], late: require('late'),
  resolved: ['lay', 'lay20', 'shared', 'late'].map((name) => require.resolve(name)), paths: module.paths, globalPaths: require('module').globalPaths,
  missing: (() => { try { return require('missing'); } catch (e) { return e.code; } })(), imported: await import('/opt/nodejs/esm.mjs').then((m) => m.default),
  tool: require('child_process').execFileSync('tool', { encoding: 'utf8' }), opt: fs.readdirSync('/opt').sort(),
  inner: require('child_process').execFileSync(process.execPath, ['-p', 'require("lay")'], { encoding: 'utf8' }),
});
"""},
    "provided.al2023": {"bootstrap": NATIVE.replace("    urllib.request.urlopen(urllib.request.Request(", r"""    import ctypes, shutil, subprocess
    seen.update(
        opt=sorted(os.listdir("/opt")), library=ctypes.CDLL("liblayer.so").answer(),
        tool=[shutil.which("tool"), subprocess.run(["tool"], capture_output=True, text=True).stdout],
    )
    urllib.request.urlopen(urllib.request.Request(""", 1)},
    # The bootstrap itself comes from a layer.
    "provided.al2": {"data.txt": "x"},
}
LAYERS = [
    {
        "python/lay.py": "WHO = 1\n", "python/shared.py": "WHO = 1\n", "python/late.py": "WHO = 1\n",
        "python/thing-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n",
        "nodejs/node_modules/lay/index.js": "module.exports = 1;", "nodejs/node_modules/shared/index.js": "module.exports = 1;",
        "nodejs/node_modules/late/index.js": "module.exports = 1;", "nodejs/esm.mjs": "export default 1;",
        "bin/tool": "#!/bin/sh\necho one\n", "bootstrap": WITH_LAYERS["provided.al2023"]["bootstrap"],
    },
    {
        "python/lib/python3.11/site-packages/shared.py": "WHO = 2\n", "python/lib/python3.11/site-packages/deep.py": "WHO = 2\n",
        "nodejs/node20/node_modules/lay20/index.js": "module.exports = 2;", "nodejs/node20/node_modules/shared/index.js": "module.exports = 2;",
        "bin/tool": "#!/bin/sh\necho two\n",
    },
]
# What leads to a layer's files, by the name of the variable.
PATHS = {
    "python3.11": {"PYTHONPATH": "/var/runtime", "PATH": "/opt/bin", "LD_LIBRARY_PATH": "/opt/lib"},
    "nodejs20.x": {"NODE_PATH": "/opt/nodejs/node20/node_modules:/opt/nodejs/node_modules", "PATH": "/opt/bin", "LD_LIBRARY_PATH": "/opt/lib"},
    "provided.al2023": {"PATH": "/opt/bin", "LD_LIBRARY_PATH": "/opt/lib"},
    "provided.al2": {"PATH": "/opt/bin", "LD_LIBRARY_PATH": "/opt/lib"},
}


@pytest.mark.parametrize("runtime", WITH_LAYERS)
def test_a_function_with_layers_sees_the_same_world(martlet, runtime, tmp_path):
    library = tmp_path / "liblayer.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, "-x", "c", "-"], input=b"int answer(void) { return 42; }", check=True)
    layers = [LAYERS[0], {**LAYERS[1], "lib/liblayer.so": library.read_bytes()}]
    worlds = {}
    for choice in ("off", "auto"):
        server = martlet("--stems", choice).start()
        if choice == "auto":
            # V8's limits are on its command line: stems of Node.js are for one memory size.
            grow_stems(server, runtime, Timeout=1, MemorySize=256)
        used = (stems(server) or {"used": 0})["used"]
        arns = [
            server.client("lambda").publish_layer_version(LayerName="l%d" % i, Content={"ZipFile": zip_package(files)})["LayerVersionArn"]
            for i, files in enumerate(layers)
        ]
        server.deploy("world", WITH_LAYERS[runtime], runtime=runtime, Layers=arns, Timeout=20, MemorySize=256)
        worlds[choice] = normal(invoke(server, "world"))
        if choice == "auto":
            assert stems(server)["used"] == used + 1
        server.stop()
    for key in worlds["off"]:
        assert worlds["auto"][key] == worlds["off"][key], key
    for variable, first in PATHS[runtime].items():
        value = worlds["auto"]["environ"][variable].split(":")
        assert all(place in value for place in first.split(":")), (variable, value)
    if runtime == "python3.11":
        path = worlds["auto"]["path"]
        assert path.index("/var/task") < path.index("/opt/python/lib/python3.11/site-packages") < path.index("/opt/python"), path


START = {
    "python3.11": ("PYTHONOPTIMIZE", "1", {"app.py": "import sys\ndef handler(e, c): return sys.flags.optimize"}, 1),
    "nodejs20.x": ("NODE_OPTIONS", "--title=mine", {"app.js": "exports.handler = async () => process.title;"}, "mine"),
}


@pytest.mark.parametrize("runtime", START)
def test_what_a_process_reads_at_its_start_counts(martlet, runtime):
    server = martlet().start()
    grow_stems(server, runtime)
    variable, value, files, expected = START[runtime]
    server.deploy("special", files, runtime=runtime, Environment={"Variables": {variable: value}})
    assert invoke(server, "special") == expected
    assert stems(server)["used"] == 0


def test_a_library_in_the_package_is_found(martlet):
    """The dynamic loader of a stem has looked at /var/task/lib before there was code."""
    server = martlet().start()
    grow_stems(server)
    library = server.folder / "libmine.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, "-x", "c", "-"], input=b"int answer(void) { return 42; }", check=True)
    code = "import ctypes\ndef handler(e, c): return ctypes.CDLL('libmine.so').answer()\n"
    server.deploy("native", {"app.py": code, "lib/libmine.so": library.read_bytes()}, runtime="python3.11")
    assert invoke(server, "native") == 42
    assert stems(server)["used"] == 1


@pytest.mark.parametrize("place", ["", "lib/", "layer"])
def test_libraries_for_certain_processors_are_found(martlet, place):
    """The dynamic loader of a stem has looked for their folders before there was a function, so it begins from nothing."""
    server = martlet().start()
    grow_stems(server)
    files = {}
    for answer, name in ((1, "libmine.so"), (2, "glibc-hwcaps/x86-64-v2/libmine.so")):
        library = server.folder / "libmine.so"
        source = b"int answer(void) { return %d; }" % answer
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, "-x", "c", "-"], input=source, check=True)
        files[("lib/" if place else "") + name] = library.read_bytes()
    more = {}
    if place == "layer":
        layer = server.client("lambda").publish_layer_version(LayerName="mine", Content={"ZipFile": zip_package(files)})
        files, more = {}, {"Layers": [layer["LayerVersionArn"]]}
    code = "import ctypes\ndef handler(e, c): return ctypes.CDLL('libmine.so').answer()\n"
    server.deploy("native", {"app.py": code, **files}, runtime="python3.11", **more)
    assert invoke(server, "native") == 2
    assert stems(server)["used"] == 0


def test_no_two_environments_have_the_same_randomness(martlet):
    server = martlet().start()
    grow_stems(server)
    code = "import os, random, ssl, uuid, tempfile\nvalues = [random.random(), str(uuid.uuid4()), os.urandom(8).hex(), ssl.RAND_bytes(8).hex(), tempfile.mktemp()]\ndef handler(e, c): return values\n"
    seen = []
    for i in range(6):
        server.deploy("random%d" % i, {"app.py": code}, runtime="python3.11")
        seen += invoke(server, "random%d" % i)
    assert len(set(seen)) == len(seen)
    assert stems(server)["used"] >= 2


# What is left behind


def family(server):
    """The processes that descend from the server."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path("/proc/%s/stat" % entry).read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents.setdefault(int(fields[1]), []).append(int(entry))
    # Breadth first, the launcher before what it made.
    order, row = [], [server.process.pid]
    while row:
        row = [child for pid in row for child in parents.get(pid, [])]
        order += row
    return order


def programs(server, name):
    found = []
    for pid in family(server):
        try:
            if Path("/proc/%d/comm" % pid).read_text().strip().startswith(name):
                found.append(pid)
        except OSError:
            pass
    return found


def alive(pid):
    try:
        return Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


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
        assert invoke(server, "f%d" % round_) == 1
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

        def call(name):
            try:
                invoke(server, name)
            except Exception as error:  # its server was killed
                errors.append(error)

        threads = [threading.Thread(target=call, args=(name,), daemon=True) for name in names]
        for thread in threads:
            thread.start()
        time.sleep(0.003 * round_)
        pids = family(server)
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
    return [pid for pid in programs(server, "python3") if parent(pid) == family(server)[0]]


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
            assert invoke(server, name) == 1
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
        result = invoke(server, "f%d" % i, json.dumps({"other": uid}).encode())
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
    launcher = family(server)[0]

    def held():
        return {
            "processes": len(family(server)), "groups": len(groups(server)), "loops": loops(server),
            "launcher": len(os.listdir("/proc/%d/fd" % launcher)), "martlet": len(os.listdir("/proc/%d/fd" % server.process.pid)),
        }

    rounds = 10_000 if LONG else 60
    for round_ in range(rounds):
        # Another configuration is another environment; the old one ends.
        api.update_function_configuration(FunctionName="churn", Description=str(round_))
        api.get_waiter("function_updated_v2").wait(FunctionName="churn", WaiterConfig={"Delay": 0.01, "MaxAttempts": 1000})
        assert invoke(server, "churn") == 1
    used = stems(server)["used"]
    figure("environments that began in stems", used)
    assert used >= rounds * 0.5
    api.delete_function(FunctionName="churn")
    # Every stem there may be, with all that one has; connections of the test's own clients come and go.
    most = stems(server)["ready"] + stems(server)["starting"] + 4
    for name, few in (("processes", 2 * most + 4), ("groups", 5 * most), ("launcher", 16 * most + 32), ("martlet", 6 * most + 64)):
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
        assert invoke(server, "s%d" % i) == 1
    wait_until(lambda: stems(server)["ready"] >= 4 and stems(server)["starting"] == 0)
    holders = []
    for pid in family(server):
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
    assert invoke(off, "f") == 1
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
    assert len(family(server)) <= 5
