"""What a function sees of the machine that it runs on."""

import json

from replays.catalog import scenario

from .runtimes import without_additions

_USER = "Names AWS's user and its entry point, /lambda-entrypoint.sh, which Martlet's sandboxes have not."
_LIMITS = "Martlet limits processes and memory by control groups, and the machine's other limits stand."
_OTHER_SERVICES = "The recorded function calls Step Functions and Cloud Map, which are not here yet."


@scenario("TestLambdaBehavior::test_lambda_init_environment")
def initial_environment(replay):
    code = "import os\ndef handler(event, context):\n    return {'environment': dict(os.environ)}\n"
    replay.keep("create-result", replay.wrapped(replay.create(files={"handler.py": code}, Runtime="python3.14")))
    answer = replay.invoke()
    seen = json.loads(answer["Payload"])
    recorded = replay.recorded["lambda-init-inspection"]["Payload"]["environment"]
    seen["environment"] = without_additions(seen["environment"], recorded)
    answer["Payload"] = json.dumps(seen)
    replay.keep("lambda-init-inspection", answer)


@scenario("TestLambdaBehavior::test_runtime_introspection_x86", {"*": _USER})
def x86(replay):
    pass


@scenario("TestLambdaBehavior::test_runtime_introspection_arm", {"*": _USER})
def arm(replay):
    pass


@scenario("TestLambdaBehavior::test_runtime_ulimits", {"*": _LIMITS})
def limits(replay):
    code = """
import resource
def handler(event, context):
    names = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    wanted = ("AS", "CORE", "CPU", "DATA", "FSIZE", "MEMLOCK", "NOFILE", "NPROC", "RSS", "STACK")
    return {name: resource.getrlimit(getattr(resource, name)) for name in names if name[7:] in wanted}
"""
    replay.create(files={"handler.py": code})
    replay.keep("invoke_runtime_ulimits", replay.invoke())


@scenario("TestLambdaBehavior::test_lambda_host_prefix_api_operation", {"*": _OTHER_SERVICES})
def host_prefixes(replay):
    pass
