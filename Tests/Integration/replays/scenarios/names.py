"""Names, ARNs and qualifiers that are refused or lead nowhere."""

from replays.catalog import scenario
from replays.replay import answer_of

_LONG = "a" * 170


def _cases(replay):
    """What each case gives as function name and qualifier."""
    full = replay.function_arn("my-function")
    far = "arn:aws:lambda:invalid-region:%s:function:my-function" % replay.account
    return {
        "function_name_is_single_invalid": ("*", None),
        "invalid_characters_in_function_name": ("my-function!", None),
        "invalid_characters_in_qualifier": ("my-function", "invalid!"),
        "qualifier_too_long0": ("my-function", "a" * 129),
        "qualifier_too_long1": ("my-function", "a" * 65),
        "qualifier_too_long": ("my-function", "a" * 129),
        "invalid_account_id_in_partial_arn": ("invalid-account:function:my-function", None),
        "invalid_region_in_arn": (far, None),
        "non_lambda_arn": (replay.arn("instance:i-1234567890abcdef0", service="ec2"), None),
        "function_name_too_long": ("a" * 65, None),
        "function_name_too_long_and_invalid_region": (far + _LONG, None),
        "full_arn_and_qualifier_too_long_and_invalid_region": (far + "-" + _LONG, "a" * 129),
        "full_arn_with_multiple_qualifiers": (full + ":1:2", None),
        "incomplete_arn": (replay.arn("function"), None),
        "partial_arn_with_extra_qualifier": ("function:my-function:$LATEST:extra", None),
        "latest_version_with_additional_qualifier": (full + ":$LATEST", "1"),
        "lowercase_latest_qualifier": ("my-function", "$latest"),
        "missing_region_in_arn": ("arn:aws:lambda::%s:function:my-function" % replay.account, None),
        "missing_account_id_in_arn": ("arn:aws:lambda:%s::function:my-function" % replay.region, None),
        "misspelled_latest_in_arn": (full + ":$LATES", None),
        "function_name_and_qualifier_too_long": ("my-function", "a" * 65),
    }


def _parts(error):
    """An error as these recordings hold it: violations one by one, in no order of their own."""
    code, message = error["Error"]["Code"], error["Error"]["Message"]
    if code != "ValidationException":
        return {"Code": code, "Message": message}
    head, _, rest = message.partition(" detected: ")
    return {"Code": code, "Count": int(head.split()[0]), "Errors": sorted(rest.split("; "))}


@scenario("TestLambdaFunction::test_function_name_and_qualifier_validation")
def refused_names(replay):
    case, _, operation = replay.parameter.rpartition("-")
    name, qualifier = _cases(replay)[case]
    given = {"FunctionName": name}
    if operation == "create_function":
        # It takes no qualifier but within the name.
        given = {
            "FunctionName": name if qualifier is None else "%s:%s" % (name, qualifier),
            "Runtime": "python3.12",
            "Handler": "handler.handler",
            "Role": replay.role,
            "Code": {"ZipFile": replay.package()},
        }
    elif qualifier is not None:
        given["Qualifier"] = qualifier
    answer = answer_of(getattr(replay.api, operation), **given)
    if replay.recorded:
        replay.keep(operation + "_exception", _parts(answer))
