"""Aliases."""

from replays.catalog import scenario


def _create(replay, **more):
    created = replay.create(Handler="index.handler", Timeout=None, Environment={"Variables": {"testenv": "staging"}}, **more)
    replay.keep("create_response", created)


def _publish(replay, *labels):
    name, api = replay.function, replay.api
    for label in labels:
        if label != labels[0]:
            api.update_function_configuration(FunctionName=name, Environment={"Variables": {"testenv": "prod"}})
            replay.settle()
        replay.call(label, api.publish_version, FunctionName=name)


@scenario("TestLambdaAlias::test_alias_lifecycle")
def lifecycle(replay):
    name, api = replay.function, replay.api
    _create(replay)
    _publish(replay, "publish_v1", "publish_v2")

    def create(number, version, **more):
        alias = "aliasname" + number
        replay.call("create_alias_" + number, api.create_alias, FunctionName=name, Name=alias, FunctionVersion=version, **more)
        replay.call("get_alias_" + number, api.get_alias, FunctionName=name, Name=alias)

    custom = {"Description": "custom-alias"}
    create("1_1", "1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.2}}, **custom)
    replay.call("get_function_alias_1_1", api.get_function, FunctionName=name, Qualifier="aliasname1_1")
    replay.call("get_function_byarn_alias_1_1", api.get_function, FunctionName=replay.function_arn() + ":aliasname1_1")
    replay.call("get_function_alias_notfound_exc", api.get_function, FunctionName=name, Qualifier="aliasdoesnotexist")
    replay.call("get_function_alias_byarn_notfound_exc", api.get_function, FunctionName=replay.function_arn() + ":aliasdoesnotexist")
    create("1_2", "1", **custom)
    create("1_3", "1")
    create("2", "2", **custom)

    def list_as(suffix, **more):
        replay.call("list_aliases_for_" + suffix, api.list_aliases, FunctionName=name, **more)

    list_as("fnname")
    replay.call("update_alias_1_1", api.update_alias, FunctionName=name, Name="aliasname1_1", RoutingConfig={"AdditionalVersionWeights": {}})
    replay.call("get_alias_1_1_after_update", api.get_alias, FunctionName=name, Name="aliasname1_1")
    list_as("fnname_after_update")
    # Nothing changes but the revision.
    replay.call("update_alias_1_2", api.update_alias, FunctionName=name, Name="aliasname1_2")
    replay.call("get_alias_1_2_after_update", api.get_alias, FunctionName=name, Name="aliasname1_2")
    list_as("fnname_after_update_2")
    list_as("version", FunctionVersion="1")
    replay.call("delete_alias_response", api.delete_alias, FunctionName=name, Name="aliasname1_1")
    list_as("fnname_afterdelete")


@scenario("TestLambdaAlias::test_alias_naming")
def naming(replay):
    name, api = replay.function, replay.api
    _create(replay)
    _publish(replay, "publish_v1")
    given = {"FunctionName": name, "FunctionVersion": "1", "Description": "custom-alias"}
    replay.call("create_alias_date", api.create_alias, Name="2024-01-02", **given)
    replay.call("get_alias_date", api.get_alias, FunctionName=name, Name="2024-01-02")
    replay.call("create_alias_number_exception", api.create_alias, Name="2024", **given)


@scenario("TestLambdaAlias::test_non_existent_alias_deletion")
def deletion_of_none(replay):
    _create(replay)
    replay.call("delete_alias_response", replay.api.delete_alias, FunctionName=replay.function, Name="non-existent")


@scenario("TestLambdaAlias::test_non_existent_alias_update")
def update_of_none(replay):
    _create(replay)
    replay.call("update_alias_response", replay.api.update_alias, FunctionName=replay.function, Name="non-existent")


@scenario("TestLambdaAlias::test_notfound_and_invalid_routingconfigs")
def routing(replay):
    name, api = replay.function, replay.api
    _create(replay, Publish=True)
    _publish(replay, "publish_v1", "publish_v2")

    def create(label, version="1", weights=None, alias="custom", function=name):
        more = {} if weights is None else {"RoutingConfig": {"AdditionalVersionWeights": weights}}
        replay.call(label, api.create_alias, FunctionName=function, Name=alias, FunctionVersion=version, **more)

    create("routing_config_exc_toomany", weights={"1": 0.8, "2": 0.2})
    create("routing_config_exc_toohigh", weights={"2": 2})
    create("routing_config_exc_subzero", weights={"2": -1})
    create("routing_config_exc_sameversion", weights={"1": 0.5})
    create("target_version_doesnotexist", version="10", weights={"2": 0.5})
    create("routing_config_exc_version_doesnotexist", weights={"10": 0.5})
    create("target_version_exc_version_latest", version="$LATEST", weights={"1": 0.5})
    create("routing_config_exc_version_latest", weights={"$LATEST": 0.5})
    create("create-alias-latest", version="$LATEST", alias="custom-latest")
    create("routing_config_exc_fn_doesnotexist", weights={"2": 0.5}, function=name + "-unknown")
    create("create_alias_empty_routingconfig", weights={}, alias="custom-empty-routingconfig")
    create("create_alias_response", weights={"2": 0.5})
    create("routing_config_exc_already_exist", weights={"2": 0.5})
    replay.call("alias_does_not_exist_esc", api.get_alias, FunctionName=name, Name="non-existent")
