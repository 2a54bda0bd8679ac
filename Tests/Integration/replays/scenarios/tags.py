"""Tags."""

import uuid

from replays.catalog import scenario
from replays.replay import answer_of


@scenario("TestLambdaTag::test_create_tag_on_fn_create")
def on_creation(replay):
    replay.known(custom_tag=replay.name("tag"))
    replay.create(Tags={"testtag": replay.bindings.values["custom-tag"]})
    replay.call("get_function_result", replay.api.get_function, FunctionName=replay.function)
    replay.call("list_tags_result", replay.api.list_tags, Resource=replay.function_arn())


@scenario("TestLambdaTag::test_tag_lifecycle")
def one_by_one(replay):
    replay.create()
    api, arn = replay.api, replay.function_arn()

    def step(label, method, **more):
        replay.call(label, method, Resource=arn, **more)
        replay.call(label + "_listtags", api.list_tags, Resource=arn)

    step("tag_single_response", api.tag_resource, Tags={"A": "tag-a"})
    step("tag_multiple_response", api.tag_resource, Tags={"B": "tag-b", "C": "tag-c"})
    step("tag_overlap_response", api.tag_resource, Tags={"C": "tag-c-newsuffix", "D": "tag-d"})
    step("untag_single_response", api.untag_resource, TagKeys=["A"])
    step("untag_multiple_response", api.untag_resource, TagKeys=["B", "C"])
    step("untag_nonexisting_response", api.untag_resource, TagKeys=["F"])
    step("untag_existing_and_nonexisting_response", api.untag_resource, TagKeys=["D", "F"])


def _refused(replay, arn, tags):
    api = replay.api
    replay.call("not_found_exception_tag", api.tag_resource, Resource=arn, Tags=tags)
    replay.call("not_found_exception_untag", api.untag_resource, Resource=arn, TagKeys=list(tags))
    replay.call("not_found_exception_list", api.list_tags, Resource=arn)


@scenario("TestLambdaTag::test_tag_nonexisting_resource")
def after_deletion(replay):
    replay.create()
    replay.call("pre_delete_get_function", replay.api.get_function, FunctionName=replay.function)
    replay.api.delete_function(FunctionName=replay.function)
    _refused(replay, replay.function_arn(), {"A": "B"})


@scenario("TestLambdaTag::test_tag_exceptions")
def refused_resources(replay):
    kind = {"lambda_function": "function", "event_source_mapping": "event-source-mapping", "capacity_provider": "capacity-provider"}
    name = str(uuid.uuid4())
    arn = replay.arn("%s:%s" % (kind[replay.parameter], name))
    _refused(replay, arn, {"A": "B"})
    replay.call("aliased_arn_exception", replay.api.tag_resource, Resource=arn + ":alias", Tags={"A": "B"})
    replay.call("invalid_arn_exception", replay.api.tag_resource, Resource=replay.arn("foobar:" + name), Tags={"A": "B"})


@scenario("TestLambdaTags::test_tag_lifecycle")
def with_revisions(replay):
    api, arn = replay.api, replay.function_arn()

    def show(suffix):
        replay.call("list_tags_response_" + suffix, api.list_tags, Resource=arn)
        replay.call("get_fn_response_" + suffix, api.get_function, FunctionName=replay.function)

    replay.create(Tags={"key_a": "value_a"})
    show("postfncreate")
    more = {"key_b": "value_b", "key_c": "value_c", "key_d": "value_d", "key_e": "value_e"}
    replay.call("tag_resource_response", api.tag_resource, Resource=arn, Tags=more)
    show("postaddtags")
    replay.call("tag_resource_overwrite", api.tag_resource, Resource=arn, Tags={"key_c": "value_x"})
    show("overwrite")
    api.untag_resource(Resource=arn, TagKeys=["key_c", "key_d"])
    show("postuntag")
    api.untag_resource(Resource=arn, TagKeys=["key_a", "key_b", "key_e"])
    show("postuntagall")
    api.delete_function(FunctionName=replay.function)
    replay.call("list_tags_postdelete", api.list_tags, Resource=arn)


@scenario("TestLambdaTags::test_tag_limits")
def limits(replay):
    api, arn = replay.api, replay.function_arn()

    def tags(count):
        return {"%d_key" % number: "%d_value" % number for number in range(count)}

    replay.create()
    replay.call("tag_lambda_too_many_tags", api.tag_resource, Resource=arn, Tags=tags(51))
    replay.call("tag_response", api.tag_resource, Resource=arn, Tags=tags(50))
    replay.call("list_tags_response", api.list_tags, Resource=arn)
    replay.call("get_fn_response", api.get_function, FunctionName=replay.function)
    replay.call("tag_lambda_too_many_tags_additional", api.tag_resource, Resource=arn, Tags={"50_key": "50_value"})
    replay.keep("create_function_invalid_tags", answer_of(replay.create, name=replay.name("other"), Tags=tags(51)))
