"""A first function: greets whom the event names."""

import platform


def handler(event, context):
    name = event.get("name", "world")
    print(f"Greeting {name}")
    return {
        "greeting": f"Hello, {name}!",
        "function": context.function_name,
        "python": platform.python_version(),
    }
