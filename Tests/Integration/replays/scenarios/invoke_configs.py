"""Configurations of asynchronous invocation."""

from replays.catalog import scenario


@scenario("TestLambdaEventInvokeConfig::test_lambda_eventinvokeconfig_lifecycle")
def lifecycle(replay):
    api, given = replay.api, {"FunctionName": replay.function}
    put, update, get = (
        api.put_function_event_invoke_config, api.update_function_event_invoke_config, api.get_function_event_invoke_config
    )  # fmt: skip
    replay.create()
    replay.call("put_invokeconfig_retries_0", put, MaximumRetryAttempts=0, **given)
    replay.call("put_invokeconfig_eventage_60", put, MaximumEventAgeInSeconds=60, **given)
    replay.call("update_invokeconfig_eventage_nochange", update, MaximumEventAgeInSeconds=60, **given)
    replay.call("update_invokeconfig_retries", update, MaximumRetryAttempts=1, **given)
    replay.call("get_invokeconfig", get, **given)
    replay.call("get_invokeconfig_latest", get, Qualifier="$LATEST", **given)
    replay.call("list_single_invokeconfig", api.list_function_event_invoke_configs, **given)
    replay.call("publish_version_result", api.publish_version, **given)
    replay.call("get_invokeconfig_postpublish", get, Qualifier="1", **given)
    replay.call("put_published_invokeconfig", put, Qualifier="1", MaximumEventAgeInSeconds=120, **given)
    replay.call("get_published_invokeconfig", get, Qualifier="1", **given)
    api.delete_function_event_invoke_config(**given)
    replay.call("list_paging_nolimit_postdelete", api.list_function_event_invoke_configs, **given)
