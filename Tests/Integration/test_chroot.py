"""In a chroot the root in sight is not the root of the mount namespace, which is the one that setns and pivot_root mean."""

import json
import os
import subprocess

import martlet as m
import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

# Arguments: the new root, whether it is a mount of its own, the folders it holds, then the command.
ENTER = r"""
root=$1 mounted=$2 folders=$3; shift 3
[ "$mounted" = no ] || mount --bind "$root" "$root"
for folder in /usr /proc /sys /dev $folders; do
    mkdir -p "$root$folder" && mount --rbind "$folder" "$root$folder" || exit 1
done
for name in bin sbin lib lib32 lib64 libx32; do
    if [ -L "/$name" ]; then cp -P "/$name" "$root/$name"
    elif [ -d "/$name" ]; then mkdir -p "$root/$name" && mount --rbind "/$name" "$root/$name" || exit 1
    fi
done
# Sandboxes see the folders of JDKs in /etc: this one is the chroot's alone.
[ -d "$root/etc" ] || cp -a /etc "$root/etc"
mkdir -p "$root/etc/java-in-the-chroot"
# And its certificates: what is public is inside too, what is not is not, nor what a link leads to elsewhere.
mkdir -p "$root/etc/ssl/certs" && cd "$root/etc/ssl/certs" || exit 1
echo public >public.pem; ln -sf public.pem linked.pem; echo private >private.pem; chmod 600 private.pem
mkdir -p folder hidden; echo public >folder/public.pem; echo private >hidden/public.pem; chmod 700 hidden
ln -sf /etc/shadow shadow.pem; ln -sf ../../shadow above.pem; ln -sf /etc/ssl/private/key.pem key.pem
cd /
mkdir -p -m 1777 "$root/tmp" "$root/var/tmp" && mkdir -p "$root/run"
exec chroot "$root" "$@"
"""


def libraries():
    """Where the program's libraries are, beside the system's own folders."""
    listed = subprocess.run(["ldd", m.binary()], capture_output=True, text=True).stdout
    found = {os.path.dirname(os.path.realpath(word)) for word in listed.split() if word.startswith("/")}
    return {folder for folder in found if not folder.startswith(("/usr", "/lib"))}


@pytest.fixture
def inside(martlet, tmp_path):
    """A server whose program runs in a chroot."""

    def make(mounted):
        server = martlet()
        root = tmp_path / "root"
        root.mkdir()
        folders = {str(m.ROOT), str(server.folder), str(m.binary().parent), *libraries()}
        # What lies below another one is there with it.
        folders = " ".join(f for f in folders if not any(f.startswith(other + "/") for other in folders))
        command = server.command
        server.command = lambda *words: [
            "unshare", "-m", "--propagation", "private", "sh", "-c", ENTER, "enter", root, mounted, folders, *command(*words),
        ]
        return server

    return make


@pytest.mark.parametrize("mounted", ["no", "yes"])
def test_functions_run_in_a_chroot(inside, mounted):
    server = inside(mounted).start()
    code = "import os\ndef handler(e, c): return [sorted(os.listdir('/')), os.listdir('/etc'), os.getuid() != 0]"
    invoke = server.deploy("f", {"app.py": code}).invoke
    folders, configuration, unprivileged = json.load(invoke(FunctionName="f")["Payload"])
    assert "usr" in folders and not {"run", "root", "home", "sys"} & set(folders)
    assert "java-in-the-chroot" in configuration and unprivileged
    code = """
import os
def handler(e, c):
    found = {}
    for folder, _, files in os.walk("/etc/ssl/certs"):
        for name in files:
            path = os.path.join(folder, name)
            if name in ("shadow.pem", "above.pem", "key.pem", "private.pem") or "public" in name or "linked" in name:
                found[path] = open(path).read() if os.path.exists(path) else None
    return found
"""
    invoke = server.deploy("certificates", {"app.py": code}).invoke
    found = json.load(invoke(FunctionName="certificates")["Payload"])
    assert found == {"/etc/ssl/certs/" + name: "public\n" for name in ("public.pem", "linked.pem", "folder/public.pem")}
    done = server.run("doctor")
    assert "launcher" in done.stdout and "Functions cannot run" not in done.stdout, done.stdout
