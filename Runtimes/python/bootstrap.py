"""Runs a Lambda function written in Python: loads its handler, then serves invocations from the Runtime API.

Started inside a sandbox as ``python -S /var/runtime/bootstrap.py``. What a handler sees follows AWS's managed runtimes:
search path, context, log format, error documents. Modules that an invocation may never need are imported on first use,
since every millisecond here is part of a cold start.
"""

import os
import sys

# Before the function's folders are on the search path: what they hold must not take the place of what these need.
from martlet_runtime import handler, logs, marshal
from martlet_runtime.client import RuntimeClient
from martlet_runtime.context import Context


def prepare_site():
    """Does what `site` does at start, without the host's .pth files, which are no part of a function's world."""
    import site

    site.setquit()
    site.setcopyright()
    site.sethelper()
    version = "python%d.%d" % sys.version_info[:2]
    packages = ["%s/lib/%s/site-packages" % (sys.prefix, version)]
    if sys.prefix == "/usr":  # where Debian keeps what belongs to its own interpreter
        packages = ["/usr/local/lib/%s/dist-packages" % version, "/usr/lib/python3/dist-packages"]
    sys.path += [path for path in packages if path not in sys.path and os.path.isdir(path)]
    # With the rights of a function only: a zygote, which stems are forked from, has others.
    if "MARTLET_ZYGOTE" not in os.environ:
        site.execsitecustomize()
    task, runtime = os.environ.get("LAMBDA_TASK_ROOT", "/var/task"), os.path.dirname(os.path.abspath(__file__))
    folders = [task, "/opt/python/lib/%s/site-packages" % version, "/opt/python", runtime]
    sys.path[:] = folders + [path for path in sys.path if path not in folders]


def prepare_output():
    """A line is written when it is complete; what is left of one, when the invocation ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.reconfigure(line_buffering=True)
        except (AttributeError, ValueError):
            pass


def flush_output():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError, OSError):
            pass


def load(client):
    """The handler, or the end of the process after the Runtime API was told why there is none."""
    try:
        return handler.find(os.environ.get("_HANDLER", ""))
    except Exception:
        from martlet_runtime import errors

        document, _ = errors.document(sys.exc_info(), "")
        errors.report(document)
        flush_output()
        client.report_init_error(errors.encode(document), document["errorType"])
        sys.exit(1)


def serve(client, handle):
    """Answers invocations until the Runtime API hangs up."""
    environment = os.environ
    invocation = client.next()
    while invocation is not None:
        headers, body = invocation
        request_id = headers.get("lambda-runtime-aws-request-id", "")
        logs.request_id, logs.tenant_id = request_id, headers.get("lambda-runtime-aws-tenant-id")
        trace = headers.get("lambda-runtime-trace-id")
        if trace is not None:
            environment["_X_AMZN_TRACE_ID"] = trace
        else:
            environment.pop("_X_AMZN_TRACE_ID", None)
        try:
            context = Context(headers)
            event = marshal.decode(body, headers.get("content-type", "application/json"))
            answer, content_type = marshal.encode_response(handle(event, context))
        except Exception:
            from martlet_runtime import errors

            document, cause = errors.document(sys.exc_info(), request_id)
            errors.report(document)
            flush_output()
            invocation = client.fail(request_id, errors.encode(document), document["errorType"], cause)
        else:
            flush_output()
            invocation = client.respond(request_id, answer, content_type)


def main():
    prepare_site()
    prepare_output()
    if "MARTLET_STEM" in os.environ:
        from martlet_runtime import stem

        client = stem.wait(lambda rehearsal: serve(rehearsal, lambda event, context: event), RuntimeClient)
    else:
        client = RuntimeClient(os.environ["AWS_LAMBDA_RUNTIME_API"])
    logs.prepare()
    serve(client, load(client))


if __name__ == "__main__":
    main()
