import os
import time


def handler(event, context):
    kind = event["kind"]
    if kind == "fail":
        raise ValueError(event["n"])
    if kind == "exit":
        os._exit(3)
    if kind == "hang":
        time.sleep(30)
    if kind == "sleep":
        time.sleep(0.2)
    if kind == "print":
        for line in range(20):
            print("line", line, "of", event["n"])
    if kind == "write":
        with open("/tmp/file", "ab") as file:
            file.write(bytes(1 << 18))
            if file.tell() > 64 << 20:
                file.truncate(0)
    if kind == "spawn":
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    return event
