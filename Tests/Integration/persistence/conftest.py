"""What the tests of durability need: the probe, and PostgreSQL servers of their own."""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def rounds():
    """How often to kill."""
    return 200 if os.environ.get("MARTLET_LONG") == "1" else 10


@pytest.fixture(scope="session")
def probe():
    """The path of the executable `persistence-probe`."""
    for build in (os.environ.get("MARTLET_BUILD", ""), ROOT / ".build/debug", ROOT / ".build/release"):
        path = Path(build) / "persistence-probe"
        if build and path.exists():
            return str(path)
    pytest.skip("persistence-probe is not built: swift build --product persistence-probe")


@pytest.fixture
def folder():
    path = tempfile.mkdtemp(prefix="martlet-durability-")
    yield path
    shutil.rmtree(path, ignore_errors=True)


class Postgres:
    """A server with its data in a temporary folder."""

    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin")) or [os.path.dirname(shutil.which("initdb") or "")]
        self.bin = found[-1]
        self.folder = tempfile.mkdtemp(prefix="martlet-pg-", dir="/tmp")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        # The server refuses to run as root.
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self.run("initdb", "-D", f"{self.folder}/data", "-U", "martlet", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self.start()

    @property
    def url(self):
        return f"postgresql://martlet@127.0.0.1:{self.port}/postgres"

    def run(self, tool, *arguments):
        subprocess.run(
            [f"{self.bin}/{tool}", *arguments], check=True, user=self.user, cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )

    def start(self):
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=200"
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-o", options, "-l", f"{self.folder}/log", "-w", "start")

    def kill(self, number):
        """Ends the server at once; SIGKILL goes to all its processes, as in a power cut."""
        main = int(Path(f"{self.folder}/data/postmaster.pid").read_text().split()[0])
        processes = [main]
        if number == signal.SIGKILL:
            listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(main)], capture_output=True, text=True)
            processes += [int(word) for word in listed.stdout.split()]
        for process in processes:
            try:
                os.kill(process, number)
            except ProcessLookupError:
                pass
        subprocess.run(["tail", f"--pid={main}", "-f", "/dev/null"], check=True, timeout=30)

    def stop(self):
        try:
            self.run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "-w", "stop")
        except subprocess.CalledProcessError:
            pass
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def postgres():
    if not glob.glob("/usr/lib/postgresql/*/bin/initdb") and not shutil.which("initdb"):
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    server = Postgres()
    yield server
    server.stop()
