"""What a server holds of its machine, and what is left of that when it should be nothing."""

import os
from pathlib import Path

from martlet import wait_until

# Descriptors that the launcher keeps free for what it gives to new processes (Sources/launcher/handover.c).
RESERVED_DESCRIPTORS = 121


def stat(pid):
    """Fields of /proc/PID/stat from the state on; None if the process is gone."""
    try:
        return Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()
    except OSError:
        return None


def name(pid):
    try:
        return Path("/proc/%d/comm" % pid).read_text().strip()
    except OSError:
        return ""


def processes():
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def alive(pid):
    """Whether it runs: who has ended and only waits for its parent's attention does not."""
    fields = stat(pid)
    return fields is not None and fields[0] != "Z"


def family(pid):
    """The processes that descend from one, parents first; also those that have ended and were not reaped."""
    children = {}
    for process in processes():
        if fields := stat(process):
            children.setdefault(int(fields[1]), []).append(process)
    order, row = [], [pid]
    while row:
        row = [child for parent in row for child in children.get(parent, [])]
        order += row
    return order


def zombies(server):
    """Processes below the server that have ended and that nobody has reaped."""
    return [(pid, name(pid)) for pid in family(server.process.pid) if (stat(pid) or ["?"])[0] == "Z"]


def launcher(server):
    return next(pid for pid in family(server.process.pid) if name(pid) == "launcher")


def sandboxes(server):
    """Process 1 of each sandbox, the newest first: the launcher's children with a session of their own."""
    parent = launcher(server)
    found = []
    for pid in processes():
        fields = stat(pid)
        if fields and int(fields[1]) == parent and int(fields[3]) == pid and fields[0] != "Z":
            found.append((int(fields[19]), pid))
    return [pid for _, pid in sorted(found, reverse=True)]


def runtimes(server, program="python3"):
    """The main process of each sandbox, the newest first."""
    found = []
    for sandbox in sandboxes(server):
        found += [pid for pid in family(sandbox) if name(pid).startswith(program)]
    return found


NAMESPACES = ("net", "mnt", "pid", "ipc", "uts", "cgroup")


def namespaces(pids):
    found = set()
    for pid in pids:
        for kind in NAMESPACES:
            try:
                found.add(os.readlink("/proc/%d/ns/%s" % (pid, kind)))
            except OSError:
                pass
    return found


def of_another_server(pid, server):
    """The kernel gives a namespace's number to the next one; what belongs to another test's server holds nothing of this one."""
    while pid > 1 and (fields := stat(pid)):
        if name(pid) == "martlet" and (server.process is None or pid != server.process.pid):
            return True
        pid = int(fields[1])
    return False


def holders_of_namespaces(wanted, server):
    """Processes that are in one of these namespaces, or hold a descriptor of one."""
    found = []
    for pid in processes():
        if of_another_server(pid, server):
            continue
        if namespaces([pid]) & wanted:
            found.append((pid, name(pid)))
            continue
        try:
            if any(os.readlink("/proc/%d/fd/%s" % (pid, fd)) in wanted for fd in os.listdir("/proc/%d/fd" % pid)):
                found.append((pid, name(pid)))
        except OSError:
            pass
    return found


def loops(server):
    """Loop devices on files in the server's data folder; other tests have theirs."""
    count = 0
    for path in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            count += path.read_text().startswith(str(server.data) + "/")
        except OSError:  # it has just gone
            pass
    return count


def groups(server):
    """The folders of the server's control groups: those of sandboxes, and its own above them."""
    try:
        identity = os.stat(server.data)
    except OSError:
        return []
    base = "martlet-%x-%x" % (identity.st_dev, identity.st_ino)
    found = []
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if not kind.startswith("cgroup"):
            continue
        try:
            found += [p for p in (Path(place) / base).iterdir() if p.is_dir()] + [Path(place) / base]
        except OSError:
            pass
    return found


def mounts(server):
    """Mounts from the server's data folder, in whichever namespace somebody is."""
    text = str(server.data)
    found = set()
    for pid in processes():
        try:
            lines = Path("/proc/%d/mountinfo" % pid).read_text().splitlines()
        except OSError:
            continue
        found |= {(pid, line) for line in lines if text in line}
    return found


class Holdings:
    """What a server has at a moment, to be asked for later."""

    def __init__(self, server):
        self.server = server
        self.pids = family(server.process.pid)
        host = namespaces([os.getpid(), server.process.pid])
        self.namespaces = namespaces(self.pids) - host

    def gone(self, groups_too=True):
        """What is still there: nothing, one hopes."""
        left = {
            "processes": [(pid, name(pid)) for pid in self.pids if alive(pid)],
            "loop devices": loops(self.server),
            "mounts": sorted(mounts(self.server))[:5],
            "namespaces": holders_of_namespaces(self.namespaces, self.server),
        }
        if groups_too:
            left["control groups"] = [str(path) for path in groups(self.server)]
        return {kind: what for kind, what in left.items() if what}

    def expect_nothing_left(self, groups_too=True):
        left = {}

        def none():
            left.clear()
            left.update(self.gone(groups_too))
            return not left

        try:
            wait_until(none, timeout=30)
        except AssertionError:
            raise AssertionError("still there: %s" % left) from None


def resident(pid):
    """Resident memory of a process, in bytes."""
    try:
        return int(Path("/proc/%d/statm" % pid).read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def descriptors(pid):
    try:
        return len(os.listdir("/proc/%d/fd" % pid))
    except OSError:
        return 0
