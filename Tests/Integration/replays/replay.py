"""A scenario while it is replayed: clients, names, and the answers that were got."""

import atexit
import copy
import datetime
import functools
import json
import os
import shutil
import tempfile
from pathlib import Path

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError
from martlet import REGION, wait_until, zip_package
from protocols.wire_models import restore_query
from queued import clock

from .comparison import Bindings, differences, normalised

# What the server is to refuse must reach it.
_UNCHECKED = Config(retries={"total_max_attempts": 1}, parameter_validation=False, read_timeout=60)
_CHECKED = Config(retries={"total_max_attempts": 1}, read_timeout=60)
# It keeps the services' models, which take long to read.
_SESSION = boto3.session.Session()
PYTHON = {"handler.py": "def handler(event, context):\n    return event\n"}
NODE = {"index.js": "exports.handler = async (event) => event;\n", "lambda_handler.js": "exports.handler = async (event) => event;\n"}


@functools.cache
def _query_session():
    """A session whose SQS speaks the query protocol: the model is botocore's with what it lost in 2023."""
    core = botocore.session.Session()
    raw = copy.deepcopy(core.get_component("data_loader").load_service_model("sqs", "service-2"))
    restore_query(raw)
    raw["metadata"]["protocol"] = "query"
    for fact in ("protocols", "awsQueryCompatible", "targetPrefix", "jsonVersion"):
        raw["metadata"].pop(fact, None)
    folder = Path(tempfile.mkdtemp(prefix="martlet-query-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    place = folder / "sqs" / raw["metadata"]["apiVersion"]
    place.mkdir(parents=True)
    (place / "service-2.json").write_text(json.dumps(raw))
    core.register_component("data_loader", botocore.loaders.Loader(extra_search_paths=[str(folder)]))
    return boto3.session.Session(botocore_session=core)


class Replay:
    """Every scenario has an account of its own, so that lists and limits of accounts show nothing else."""

    def __init__(self, scenario, server, verifying=lambda: None):
        self._verifying = verifying
        self.scenario = scenario
        self.parameter = scenario.parameter
        self.recorded = scenario.answers
        self.server = server
        self.region = REGION
        self.account = "7%011d" % (int.from_bytes(os.urandom(5), "big") % 10**11)
        self.found = {}
        self.function = self.name("function")
        self.role = "arn:aws:iam::%s:role/%s" % (self.account, self.name("role"))
        self.api = self.client("lambda")
        self.bindings = Bindings(self.account, self.region)

    @property
    def verifying(self):
        """A server with `--auth iam`, for what is signed."""
        return self._verifying()

    def client(self, service, checked=False, **more):
        return _SESSION.client(
            service, region_name=self.region, endpoint_url=self.server.url, aws_access_key_id=self.account, aws_secret_access_key="secret",
            config=_CHECKED if checked else _UNCHECKED, **more,
        )  # fmt: skip

    def queue_client(self, parameter):
        """SQS's client in the protocol that a scenario's parameter names."""
        if not parameter.startswith("sqs_query"):
            return self.client("sqs")
        return _query_session().client(
            "sqs", region_name=self.region, endpoint_url=self.server.url, aws_access_key_id=self.account, aws_secret_access_key="secret",
            config=_UNCHECKED,
        )  # fmt: skip

    def advance(self, seconds):
        """Moves the clock of a server that others do not count on."""
        clock(self.server, advance=seconds)

    def now(self):
        """The server's time."""
        return datetime.datetime.fromisoformat(clock(self.server)["now"].replace("Z", "+00:00"))

    @staticmethod
    def until(condition):
        return wait_until(condition)

    def name(self, kind):
        return "%s-%s" % (kind, os.urandom(4).hex())

    def arn(self, resource, service="lambda", region=None):
        return "arn:aws:%s:%s:%s:%s" % (service, self.region if region is None else region, self.account, resource)

    def function_arn(self, name=None):
        return self.arn("function:" + (name or self.function))

    def known(self, **values):
        """What placeholders without a number stand for; `_` is written for `-`."""
        for name, value in values.items():
            self.bindings.values[name.replace("_", "-")] = value

    # Answers

    def keep(self, label, answer):
        """Notes the answer under its label, and gives it back."""
        assert label in self.recorded, "%s has no answer %r" % (self.scenario.name, label)
        assert label not in self.found, "the answer %r was given already" % label
        self.found[label] = normalised(answer, self.account)
        return answer

    def call(self, label, method, **parameters):
        """Calls, notes what was answered, be it an error, and gives it."""
        return self.keep(label, answer_of(method, **parameters))

    def expect(self, labels_and_calls):
        for label, method, parameters in labels_and_calls:
            self.call(label, method, **parameters)

    def differences(self, label):
        """How the answer with this label differs; what it bound counts only if nothing differs."""
        if label not in self.found:
            return ["no answer was got"]
        trial = self.bindings.copy()
        trial.account = self.account
        lines = differences(self.recorded[label], self.found[label], trial)
        if not lines:
            self.bindings = trial
        return lines

    # Shortcuts

    def package(self, runtime="python3.12"):
        return zip_package(NODE if runtime.startswith("node") else PYTHON)

    @staticmethod
    def packed(files):
        return zip_package(files)

    def provisioned(self, **given):
        """The provisioned concurrency, once it is there."""
        get = self.api.get_provisioned_concurrency_config
        return wait_until(lambda: (answer := get(**given)) and answer["Status"] != "IN_PROGRESS" and answer)

    def create(self, name=None, wait=True, files=None, **more):
        """Creates a function as most scenarios have it; gives the answer."""
        given = {
            "FunctionName": name or self.function,
            "Runtime": "python3.12",
            "Handler": "handler.handler",
            "Role": self.role,
            "Timeout": 30,
            "Environment": {"Variables": {}},
            **more,
        }
        package = zip_package(files) if files else self.package(given["Runtime"])
        answer = self.api.create_function(Code={"ZipFile": package}, **{k: v for k, v in given.items() if v is not None})
        if wait:
            self.settle(name)
        return answer

    def settle(self, name=None):
        """Waits until the function may be changed again: this call answers then."""
        return self.api.get_function_configuration(FunctionName=name or self.function)

    def invoke(self, event=None, name=None, **more):
        """The answer of an invocation, with its payload as a text."""
        answer = self.api.invoke(FunctionName=name or self.function, Payload=json.dumps(event if event is not None else {}), **more)
        answer["Payload"] = answer["Payload"].read().decode()
        return answer

    def rest(self):
        """Waits until the function's environments ask for their next event: one that is asked sooner starts another."""

        def is_idle():
            seen = json.loads(self.server.get("/_martlet/status?limit=1000")[2])["dataPlane"]["environments"]
            own = [one["state"] for one in seen if (one["account"], one["function"]) == (self.account, self.function)]
            return own and all(state in ("idle", "frozen") for state in own)

        wait_until(is_idle)

    def logged(self, request_id):
        """The messages of an invocation's events in its log, from START to REPORT."""
        logs = self.client("logs")

        def messages():
            events = logs.filter_log_events(logGroupName="/aws/lambda/" + self.function)["events"]
            found = [event["message"] for event in events]
            starts = [number for number, message in enumerate(found) if message.startswith("START RequestId: " + request_id)]
            ends = [number for number, message in enumerate(found) if message.startswith("REPORT RequestId: " + request_id)]
            return found[starts[0] : ends[0] + 1] if starts and ends else None

        return wait_until(messages)

    def wrapped(self, answer):
        """As some recordings hold the answer of CreateFunction."""
        return {"CreateEventSourceMappingResponse": None, "CreateFunctionResponse": answer}


def answer_of(method, **parameters):
    try:
        return method(**parameters)
    except ClientError as error:
        return error.response
    except ParamValidationError as error:
        return str(error)
