import time


def handler(event, context):
    time.sleep(1)
    return event
