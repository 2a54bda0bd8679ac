import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from hypothesis import HealthCheck, Phase, settings  # noqa: E402
from wire_probe import LONG, Probe, probe_path  # noqa: E402

settings.register_profile(
    "martlet", max_examples=100 if LONG else 4, deadline=None, database=None, derandomize=not LONG, print_blob=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink] if LONG else [Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck))
settings.load_profile("martlet")


@pytest.fixture(scope="session")
def probe():
    if not pathlib.Path(probe_path()).exists():
        pytest.fail("build it first: swift build --product wire-probe")
    probe = Probe(probe_path())
    yield probe
    probe.close()
