"""Answers of real AWS, asked for again: what matched must match, and what is explained must still need its explanation."""

import pytest
from botocore.exceptions import ClientError
from recordings import FOLDER

from . import catalog
from .replay import Replay

_HERE = catalog.is_here()
_SCENARIOS = catalog.scenarios() if _HERE else []
pytestmark = pytest.mark.skipif(not _HERE, reason="the recordings are not here: MARTLET_RECORDINGS names their folder (%s)" % FOLDER)


def test_every_scenario_has_a_replay():
    assert [s.name for s in _SCENARIOS if s.function is None and s.answers] == []
    assert [(s.name, label) for s in _SCENARIOS for label in s.superfluous] == []


@pytest.mark.parametrize("scenario", [pytest.param(s, id="%s/%s" % (s.file, s.name)) for s in _SCENARIOS if s.function])
def test_scenario(movable, scenario, request):
    replay = Replay(scenario, movable, lambda: request.getfixturevalue("verifying"))
    broken = None
    try:
        scenario.function(replay)
    except (ClientError, LookupError) as error:
        broken = "%s: %s" % (type(error).__name__, error)
    wrong = []
    for label in scenario.answers:
        lines = replay.differences(label)
        reason = scenario.reasons.get(label)
        if lines and reason is None:
            wrong.append("%s differs:\n    %s" % (label, "\n    ".join(lines)))
        if not lines and reason is not None:
            wrong.append("%s matches; its reason is out of date: %s" % (label, reason))
    if broken and (wrong or not scenario.answers):
        wrong.append("the scenario ended early: " + broken)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("service", sorted(catalog.FILES))
def test_most_answers_match(service):
    outcomes = [s.outcome(label) for s in _SCENARIOS if s.service == service for label in s.answers]
    assert outcomes.count(catalog.MATCHED) >= 0.8 * len(outcomes)
