"""What cases measure on: functions that go again, and figures that may be missing."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

from endpoints import Unsupported


@contextlib.contextmanager
def deployed(endpoint, packages):
    """Functions that go again."""
    targets = []
    try:
        # Each waits for its function to become active: all wait together.
        with ThreadPoolExecutor(min(8, len(packages))) as pool:
            for deployment in [pool.submit(endpoint.deploy, package) for package in packages]:
                targets.append(deployment.result())
        yield targets
    finally:
        for target in targets:
            with contextlib.suppress(Exception):
                target.remove()


@contextlib.contextmanager
def noted(bench, endpoint, *labels):
    """What cannot be measured is shown with its reason, and no reason to measure nothing else."""
    try:
        yield
    except (Unsupported, RuntimeError, OSError) as reason:
        for label in labels:
            bench.figures.missing(endpoint.name, label, reason)
