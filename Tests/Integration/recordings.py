"""Answers recorded from real AWS, to compare with."""

import json
import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("MARTLET_RECORDINGS") or Path(__file__).resolve().parents[3] / "shared" / "recordings")


def scenarios(file, prefix):
    """The scenarios of a recorded file whose names begin with `prefix`, by their parameter in brackets: for parametrize."""
    path = FOLDER / file
    if not path.exists():
        reason = "the recordings are not here: MARTLET_RECORDINGS names their folder"
        return [pytest.param(None, None, marks=pytest.mark.skip(reason=reason))]
    found = json.loads(path.read_text())
    return [
        pytest.param(name[len(prefix) :].strip("[]"), scenario["content"], id=name[len(prefix) :].strip("[]") or name)
        for name, scenario in sorted(found.items())
        if name == prefix or name.startswith(prefix + "[")
    ]


def shape(value, path=""):
    """The names of all members, as paths: what an answer has and has not."""
    if isinstance(value, dict):
        return {p for key, inner in value.items() if key != "ResponseMetadata" for p in {f"{path}.{key}"} | shape(inner, f"{path}.{key}")}
    if isinstance(value, list):
        return {p for inner in value for p in shape(inner, path + "[]")}
    return set()
