"""The interpreters on this machine that the bootstraps are tested with."""

import glob
import os
import re
import shutil
import subprocess
from pathlib import Path

RUNTIMES = Path(__file__).resolve().parents[3] / "Runtimes"


def pythons():
    """One interpreter for each version from 3.8 on: {"3.12": path}."""
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    found = {}
    for path in sorted(glob.glob("/usr/bin/python3.*") + glob.glob("/usr/local/bin/python3.*") + glob.glob(root + "/versions/*/bin/python3.*")):
        match = re.fullmatch(r"python3\.(\d+)", os.path.basename(path))
        if match and int(match[1]) >= 8:
            found["3." + match[1]] = path
    return dict(sorted(found.items(), key=lambda item: int(item[0].split(".")[1])))


def nodes():
    """One interpreter for each version from 18 on: {"20": path}."""
    root = os.environ.get("NVM_DIR", os.path.expanduser("~/.nvm"))
    found = {}
    for path in [shutil.which("node"), *sorted(glob.glob(root + "/versions/node/*/bin/node"))]:
        if path:
            version = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
            match = re.match(r"v(\d+)", version)
            if match and int(match[1]) >= 18:
                found[match[1]] = path
    return found
