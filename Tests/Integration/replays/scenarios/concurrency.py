"""Reserved and provisioned concurrency."""

import threading

from botocore.exceptions import ClientError
from replays.catalog import scenario
from replays.reasons import OLD_SHAPE


@scenario("TestLambdaReservedConcurrency::test_function_concurrency")
def reserved(replay):
    name, api = replay.function, replay.api
    replay.create()
    for amount in (0, 1):
        label = "put_function_concurrency_with_reserved_%d" % amount
        replay.call(label, api.put_function_concurrency, FunctionName=name, ReservedConcurrentExecutions=amount)
    replay.call("get_function_concurrency", api.get_function_concurrency, FunctionName=name)
    replay.call("delete_response", api.delete_function_concurrency, FunctionName=name)
    replay.call("get_function_concurrency_after_delete", api.get_function_concurrency, FunctionName=name)


@scenario("TestLambdaReservedConcurrency::test_function_concurrency_limits")
def reserved_limits(replay):
    replay.create()
    api, minimum = replay.api, 100
    # As the message shows it, in brackets.
    replay.known(min_unreserved_concurrency=str(minimum))
    limit = api.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    put = api.put_function_concurrency
    label = "put_function_concurrency_account_limit_exceeded"
    replay.call(label, put, FunctionName=replay.function, ReservedConcurrentExecutions=limit + 1)
    label = "put_function_concurrency_below_unreserved_min_value"
    replay.call(label, put, FunctionName=replay.function, ReservedConcurrentExecutions=limit - minimum + 1)


def _provisioned(replay):
    """Calls an operation of provisioned concurrency: `at(label, "get", name, qualifier)`."""
    methods = {
        "put": replay.api.put_provisioned_concurrency_config,
        "get": replay.api.get_provisioned_concurrency_config,
        "delete": replay.api.delete_provisioned_concurrency_config,
    }

    def at(label, verb, name, qualifier, **more):
        replay.call(label, methods[verb], FunctionName=name, Qualifier=qualifier, **more)

    return at


@scenario("TestLambdaProvisionedConcurrency::test_lambda_provisioned_lifecycle")
def provisioned(replay):
    name, api, alias = replay.function, replay.api, replay.name("alias")
    at, one = _provisioned(replay), {"ProvisionedConcurrentExecutions": 1}
    replay.known(alias_name=alias)
    replay.create()
    replay.call("publish_version_result", api.publish_version, FunctionName=name)
    replay.call("create_alias_result", api.create_alias, FunctionName=name, Name=alias, FunctionVersion="1")
    at("put_provisioned_on_version", "put", name, "1", **one)
    at("put_provisioned_on_alias_versionconflict", "put", name, alias, **one)
    at("delete_provisioned_version", "delete", name, "1")
    at("get_provisioned_version_postdelete", "get", name, "1")
    at("put_provisioned_on_alias", "put", name, alias, **one)
    at("put_provisioned_on_version_conflict", "put", name, "1", **one)
    replay.call("delete_alias_result", api.delete_alias, FunctionName=name, Name=alias)
    at("get_provisioned_alias_postaliasdelete", "get", name, alias)
    replay.call("list_response_postdeletes", api.list_provisioned_concurrency_configs, FunctionName=name)


@scenario("TestLambdaProvisionedConcurrency::test_provisioned_concurrency_exceptions")
def provisioned_exceptions(replay):
    name, api, one = replay.function, replay.api, {"ProvisionedConcurrentExecutions": 1}
    at = _provisioned(replay)
    replay.create()
    replay.call("publish_version_result", api.publish_version, FunctionName=name)
    at("get_provisioned_config_doesnotexist", "get", name, "1")
    at("get_provisioned_functionname_doesnotexist", "get", "doesnotexist", "noalias")
    at("get_provisioned_qualifier_doesnotexist", "get", name, "noalias")
    at("get_provisioned_version_doesnotexist", "get", name, "10")
    at("get_provisioned_latest", "get", name, "$LATEST")
    replay.call("list_provisioned_noconfigs", api.list_provisioned_concurrency_configs, FunctionName=name)
    replay.call("list_provisioned_functionname_doesnotexist", api.list_provisioned_concurrency_configs, FunctionName="doesnotexist")
    at("delete_provisioned_functionname_doesnotexist", "delete", "doesnotexist", "1")
    at("delete_provisioned_qualifier_doesnotexist", "delete", name, "noalias")
    at("delete_provisioned_version_doesnotexist", "delete", name, "10")
    at("delete_provisioned_latest", "delete", name, "$LATEST")
    at("delete_provisioned_config_doesnotexist", "delete", name, "1")
    at("put_provisioned_invalid_param_0", "put", name, "1", ProvisionedConcurrentExecutions=0)
    at("put_provisioned_functionname_doesnotexist_alias", "put", "doesnotexist", "noalias", **one)
    at("put_provisioned_functionname_doesnotexist_version", "put", "doesnotexist", "1", **one)
    at("put_provisioned_qualifier_doesnotexist", "put", name, "doesnotexist", **one)
    at("put_provisioned_version_doesnotexist", "put", name, "10", **one)
    at("put_provisioned_latest", "put", name, "$LATEST", **one)


@scenario("TestLambdaConcurrency::test_lambda_concurrency_crud")
def reserved_none(replay):
    name, api = replay.function, replay.api
    replay.create()
    replay.call("get_function_concurrency_default", api.get_function_concurrency, FunctionName=name)
    replay.call("put_function_concurrency", api.put_function_concurrency, FunctionName=name, ReservedConcurrentExecutions=0)
    replay.call("get_function_concurrency_updated", api.get_function_concurrency, FunctionName=name)
    api.delete_function_concurrency(FunctionName=name)
    replay.call("get_function_concurrency_deleted", api.get_function_concurrency, FunctionName=name)


@scenario("TestLambdaConcurrency::test_reserved_concurrency")
def none_reserved(replay):
    name, api = replay.function, replay.api
    replay.create(Timeout=20)
    replay.keep("fn", api.get_function_configuration(FunctionName=name, Qualifier="$LATEST"))
    replay.call("put_reserved", api.put_function_concurrency, FunctionName=name, ReservedConcurrentExecutions=0)
    replay.call("exc_no_cap_requestresponse", api.invoke, FunctionName=name)
    sqs, queue = replay.client("sqs"), replay.name("queue")
    url = sqs.create_queue(QueueName=queue)["QueueUrl"]
    told = {"OnFailure": {"Destination": replay.arn(queue, service="sqs")}}
    replay.call(
        "put_event_invoke_conf", api.put_function_event_invoke_config, FunctionName=name, MaximumRetryAttempts=0, DestinationConfig=told
    )
    replay.keep("invoke_result", replay.invoke(InvocationType="Event"))
    message = replay.until(lambda: sqs.receive_message(QueueUrl=url, AttributeNames=["All"]).get("Messages"))[0]
    replay.keep("msg", message)


@scenario("TestLambdaConcurrency::test_reserved_concurrency_async_queue")
def one_reserved(replay):
    name, api = replay.function, replay.api
    replay.create(files={"handler.py": "import time\ndef handler(event, context):\n    time.sleep(event.get('seconds', 0))\n"})
    replay.keep("fn", api.get_function_configuration(FunctionName=name, Qualifier="$LATEST"))
    replay.call("put_fn_concurrency", api.put_function_concurrency, FunctionName=name, ReservedConcurrentExecutions=1)

    def run():
        # The other's short invocation may be in the way.
        while "too_many_requests_exc" not in replay.found:
            try:
                return replay.invoke({"seconds": 1})
            except ClientError:
                pass

    running = threading.Thread(target=run)
    running.start()
    while "too_many_requests_exc" not in replay.found and running.is_alive():
        try:
            replay.invoke()
        except ClientError as error:
            replay.keep("too_many_requests_exc", error.response)
    running.join()


@scenario("TestLambdaConcurrency::test_provisioned_concurrency")
def provisioned_five(replay):
    name, api = replay.function, replay.api
    given = {"FunctionName": name, "Qualifier": "1"}
    replay.create()
    api.publish_version(FunctionName=name)
    put = api.put_provisioned_concurrency_config
    replay.call("put_provisioned_5", put, ProvisionedConcurrentExecutions=5, **given)
    replay.call("get_provisioned_prewait", api.get_provisioned_concurrency_config, **given)
    replay.keep("get_provisioned_postwait", replay.provisioned(**given))


_OLDER = {
    label: OLD_SHAPE
    for label in (
        "create-result", "get-function-configuration", "publish_version_1", "get_function_configuration_version_1",
        "get_function_before_provisioned", "get_function_after_provisioned", "get_function_after_update", "publish_version_2",
    )
}  # fmt: skip


@scenario("TestLambdaConcurrency::test_lambda_provisioned_concurrency_moves_with_alias", _OLDER)
def moving_provisioned(replay):
    name, api, alias = replay.function, replay.api, replay.name("alias")
    replay.known(alias_name=alias)
    replay.create(Runtime="python3.8", Timeout=2)
    api.publish_version(FunctionName=name, Description="my-first-version")
    replay.call("create_alias", api.create_alias, FunctionName=name, Name=alias, FunctionVersion="1")
    given = {"FunctionName": name, "Qualifier": alias}
    api.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=1, **given)
    replay.provisioned(**given)
    api.update_function_configuration(FunctionName=name, Timeout=10)
    replay.settle()
    api.publish_version(FunctionName=name)
    replay.call("update_alias", api.update_alias, FunctionName=name, Name=alias, FunctionVersion="2")
    replay.call("get_provisioned_config_after_alias_move", api.get_provisioned_concurrency_config, **given)
    api.delete_provisioned_concurrency_config(**given)
    replay.call("provisioned_concurrency_notfound", api.get_provisioned_concurrency_config, **given)
