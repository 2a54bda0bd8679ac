"""Spoiled and random input: no parser crashes, hangs, or takes memory out of proportion."""

import subprocess

import pytest
from wire_probe import LONG, probe_path

SUBJECTS = ["json", "query", "restjson", "restxml", "cbor", "eventstream", "routing", "pattern"]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_spoiled_input(subject, figure):
    count = 10_000_000 if LONG and subject not in ("routing", "pattern") else 4_000
    run = subprocess.run(
        [probe_path(), "fuzz", "--protocol", subject, "--count", str(count), "--seed", "7"],
        capture_output=True, text=True, timeout=4 * 3600 if LONG else 600)
    assert run.returncode == 0, run.stdout + run.stderr
    figure("inputs", count)
