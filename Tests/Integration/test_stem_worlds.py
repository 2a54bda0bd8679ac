"""A function sees the same world in an environment that began in a stem as in one that started from nothing."""

import re
import subprocess

import pytest
from martlet import grow_stems, stems, zip_package

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
        worlds[choice] = normal(server.invoke("world", {}))
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
        worlds[choice] = normal(server.invoke("world", {}))
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
    assert server.invoke("special", {}) == expected
    assert stems(server)["used"] == 0


def test_a_library_in_the_package_is_found(martlet):
    """The dynamic loader of a stem has looked at /var/task/lib before there was code."""
    server = martlet().start()
    grow_stems(server)
    library = server.folder / "libmine.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, "-x", "c", "-"], input=b"int answer(void) { return 42; }", check=True)
    code = "import ctypes\ndef handler(e, c): return ctypes.CDLL('libmine.so').answer()\n"
    server.deploy("native", {"app.py": code, "lib/libmine.so": library.read_bytes()}, runtime="python3.11")
    assert server.invoke("native", {}) == 42
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
    assert server.invoke("native", {}) == 2
    assert stems(server)["used"] == 0


def test_no_two_environments_have_the_same_randomness(martlet):
    server = martlet().start()
    grow_stems(server)
    code = "import os, random, ssl, uuid, tempfile\nvalues = [random.random(), str(uuid.uuid4()), os.urandom(8).hex(), ssl.RAND_bytes(8).hex(), tempfile.mktemp()]\ndef handler(e, c): return values\n"
    seen = []
    for i in range(6):
        server.deploy("random%d" % i, {"app.py": code}, runtime="python3.11")
        seen += server.invoke("random%d" % i, {})
    assert len(set(seen)) == len(seen)
    assert stems(server)["used"] >= 2


# What is left behind
