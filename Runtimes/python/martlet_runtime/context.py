"""The second argument of a handler."""

import json
import os
import sys
import time

from .faults import Fault

_TRACE_FIELDS = ("traceparent", "tracestate", "baggage")


class _Record:
    """An object of named fields, each None unless its JSON object has it."""

    __slots__ = ()

    def __init__(self, values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))

    def __repr__(self):
        return "%s([%s])" % (
            type(self).__name__,
            ",".join("%s=%s" % (name, getattr(self, name)) for name in self.__slots__),
        )


class CognitoIdentity(_Record):
    __slots__ = ["cognito_identity_id", "cognito_identity_pool_id"]


class Client(_Record):
    __slots__ = ["installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"]


class ClientContext(_Record):
    __slots__ = ["custom", "env", "client"]


class Context:
    """What a handler can learn about its function and this invocation.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    def __init__(self, headers):
        environment = os.environ
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id")
        self.log_group_name = environment.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environment.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = environment.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = environment.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self._deadline = int(headers.get("lambda-runtime-deadline-ms") or 0)

        self._w3c = {}
        self.client_context = None
        client = _parse(headers.get("lambda-runtime-client-context"), "Client Context")
        if client is not None:
            trace = client.pop("w3c", None)
            if isinstance(trace, dict):
                self._w3c = {name: trace[name] for name in _TRACE_FIELDS if isinstance(trace.get(name), str)}
            self.client_context = ClientContext(client)
            if self.client_context.client is not None:
                self.client_context.client = Client(self.client_context.client)
        identity = _parse(headers.get("lambda-runtime-cognito-identity"), "Cognito Identity") or {}
        self.identity = CognitoIdentity(
            {
                "cognito_identity_id": identity.get("cognitoIdentityId"),
                "cognito_identity_pool_id": identity.get("cognitoIdentityPoolId"),
            }
        )

    def get_remaining_time_in_millis(self):
        """Milliseconds until the invocation times out, 0 when that has come."""
        return max(0, self._deadline - int(time.time() * 1000))

    def w3c(self):
        """The trace context that came with the invocation, in the fields of W3C's Trace Context."""
        return dict(self._w3c)

    def log(self, msg):
        """Writes to the function's log, without a line end of its own."""
        from . import logs

        logs.write(str(msg))

    def __repr__(self):
        names = ("aws_request_id", "log_group_name", "log_stream_name", "function_name", "memory_limit_in_mb")
        names += ("function_version", "invoked_function_arn", "client_context", "identity", "tenant_id")
        return "LambdaContext([%s])" % ",".join("%s=%s" % (name, getattr(self, name)) for name in names)


def _parse(header, name):
    if not header:
        return None
    try:
        value = json.loads(header)
    except ValueError as error:
        raise Fault("LambdaContextUnmarshalError", "Unable to parse %s JSON: %s" % (name, error))
    if value is not None and not isinstance(value, dict):
        raise Fault("LambdaContextUnmarshalError", "Unable to parse %s JSON: not an object" % name)
    return value
