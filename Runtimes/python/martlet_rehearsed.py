"""What a stem loads in the place of a handler."""


def handler(event, context):
    return event
