"""Says of each batch how many messages it had, when it came, and how long after they were sent: their bodies are the time."""

import time


def handler(event, context):
    now = time.time()
    late = " ".join("%.3f" % (1000 * (now - float(record["body"].split()[0]))) for record in event["Records"])
    print("batch %d %.6f %s" % (len(event["Records"]), now, late))
