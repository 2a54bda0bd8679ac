"""A burst that nobody foresaw: as many environments at once, from nothing."""

import http.client
import json
import os
import threading
import time
from pathlib import Path

import pytest
from leftovers import family
from martlet import stems, wait_until

LONG = os.environ.get("MARTLET_LONG") == "1"
COUNT = 1000 if LONG else 50
CODE = "import os, time\ndef handler(e, c):\n    time.sleep(1)\n    return os.environ['AWS_LAMBDA_LOG_STREAM_NAME']\n"


def kept(server):
    found = stems(server) or {"ready": 0, "starting": 0}
    return found["ready"] + found["starting"]


def available():
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024


@pytest.mark.parametrize("choice", ["auto", "off"])
def test_a_burst_from_nothing(martlet, figure, choice):
    if choice == "off" and COUNT > 50:
        pytest.skip("from nothing in every sense is for the reduced count")
    server = martlet("--stems", choice).start()
    server.deploy("sleeper", {"app.py": CODE}, runtime="python3.11", MemorySize=128, Timeout=120)
    answers, gate = [], threading.Event()

    def call():
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=180)
        connection.connect()
        gate.wait()
        connection.request("POST", "/2015-03-31/functions/sleeper/invocations", body=b"{}")
        response = connection.getresponse()
        answers.append((response.status, response.getheader("X-Amz-Function-Error"), response.read()))

    threads = [threading.Thread(target=call) for _ in range(COUNT)]
    for thread in threads:
        thread.start()
    before, began = available(), time.monotonic()
    gate.set()
    least = before
    for thread in threads:
        while thread.is_alive():
            thread.join(0.1)
            least = min(least, available())
    figure("%d environments at once (stems: %s), seconds" % (COUNT, choice), round(time.monotonic() - began, 2))
    figure("MB of the machine for each (stems: %s)" % choice, round((before - least) / COUNT, 1))
    wrong = [answer for answer in answers if answer[0] != 200 or answer[1]]
    assert wrong == [] and len(answers) == COUNT
    # Nobody waited for another's environment unless it was free already.
    assert len({json.loads(body) for _, _, body in answers}) >= COUNT / 2
    server.client("lambda").delete_function(FunctionName="sleeper")
    # Stems that the burst has called for stay for a minute.
    wait_until(lambda: len(family(server.process.pid)) < 40 + (0 if LONG else 2 * kept(server)), timeout=120)
    server.stop()
