"""Mobile push and text messages: applications, endpoints, attributes of accounts."""

from replays.catalog import Reason, scenario
from replays.notifications import Notifications

_KEYS = {"PlatformCredential": "secret", "PlatformPrincipal": "client"}
_PLATFORM = "ADM"
_OPTED_OUT = Reason("Nobody can opt out here, where no text message reaches a phone.")


def _application(here, label=None):
    name = here.replay.name("application")
    here.replay.known(platform_application=name)
    given = {"Name": name, "Platform": _PLATFORM, "Attributes": _KEYS}
    answer = here.call(label, here.sns.create_platform_application, **given) if label else here.sns.create_platform_application(**given)
    return answer["PlatformApplicationArn"]


def _endpoint(here):
    application = _application(here)
    return application, here.sns.create_platform_endpoint(PlatformApplicationArn=application, Token="token_1")["EndpointArn"]


@scenario("TestSNSPlatformApplicationCrud::test_create_platform_application")
def application(replay):
    _application(Notifications(replay), "create-platform-application")


@scenario("TestSNSPlatformApplicationCrud::test_list_platform_applications")
def applications(replay):
    here = Notifications(replay)
    _application(here)
    here.call("list-platform-applications", here.sns.list_platform_applications)


_GIVEN = {
    "no-args": {}, "missing-credential": {"PlatformPrincipal": "client"}, "missing-principal": {"PlatformCredential": "secret"},
}  # fmt: skip


@scenario("TestSNSPlatformApplicationCrud::test_create_platform_application_invalid_attributes")
def wrong_attributes(replay):
    here = Notifications(replay)
    given = {"Name": replay.name("a"), "Platform": _PLATFORM, "Attributes": _GIVEN[replay.parameter]}
    here.call("platform-application-no-attributes", here.sns.create_platform_application, **given)


@scenario("TestSNSPlatformApplicationCrud::test_create_platform_application_invalid_name")
def wrong_names(replay):
    here = Notifications(replay)
    name = "a" * 257 if replay.parameter == "too-long" else ""
    here.call("invalid-application-name", here.sns.create_platform_application, Name=name, Platform=_PLATFORM, Attributes=_KEYS)


@scenario("TestSNSPlatformApplicationCrud::test_get_platform_application_attributes_invalid_arn")
def wrong_arn(replay):
    here = Notifications(replay)
    here.call("invalid-application-arn", here.sns.get_platform_application_attributes, PlatformApplicationArn="invalid")


@scenario("TestSNSPlatformApplicationCrud::test_set_platform_application_attributes_invalid_arn")
def wrong_arn_too(replay):
    here = Notifications(replay)
    given = {"PlatformApplicationArn": "invalid", "Attributes": {"PlatformCredential": "s"}}
    here.call("invalid-application-arn", here.sns.set_platform_application_attributes, **given)


@scenario("TestSNSPlatformApplicationCrud::test_set_platform_application_attributes_non_existing_app")
def no_application(replay):
    here = Notifications(replay)
    arn = replay.arn("app/%s/none" % _PLATFORM, service="sns")
    given = {"PlatformApplicationArn": arn, "Attributes": _GIVEN.get(replay.parameter, {})}
    here.call("non_existing-application-arn", here.sns.set_platform_application_attributes, **given)


@scenario("TestSNSPlatformEndpointCrud::test_create_platform_endpoint")
def endpoint(replay):
    here = Notifications(replay)
    application = _application(here)
    here.call("create-platform-endpoint", here.sns.create_platform_endpoint, PlatformApplicationArn=application, Token="token_1")


@scenario("TestSNSPlatformEndpointCrud::test_create_platform_endpoint_idempotency")
def endpoints(replay):
    here = Notifications(replay)
    application = _application(here)
    given = {"PlatformApplicationArn": application, "Token": "token_1", "CustomUserData": "custom"}
    here.expect(
        ("create-platform-endpoint", "create_platform_endpoint", given),
        ("create-platform-endpoint-idempotent", "create_platform_endpoint", given),
        ("create-platform-endpoint-different-token", "create_platform_endpoint", {**given, "CustomUserData": "different"}),
    )


@scenario("TestSNSPlatformEndpointCrud::test_create_platform_endpoint_non_existent_app")
def endpoint_of_nothing(replay):
    here = Notifications(replay)
    arn = replay.arn("app/%s/none" % _PLATFORM, service="sns")
    here.call("create-platform-endpoint", here.sns.create_platform_endpoint, PlatformApplicationArn=arn, Token="token_1")


@scenario("TestSNSPlatformEndpointCrud::test_delete_platform_endpoint")
def deletion(replay):
    here = Notifications(replay)
    application, endpoint = _endpoint(here)
    here.expect(
        ("list-endpoints-by-app-pre-delete", "list_endpoints_by_platform_application", {"PlatformApplicationArn": application}),
        ("delete-endpoint", "delete_endpoint", {"EndpointArn": endpoint}),
        ("list-endpoints-by-app-post-delete", "list_endpoints_by_platform_application", {"PlatformApplicationArn": application}),
    )


@scenario("TestSNSPlatformEndpointCrud::test_delete_endpoints_of_deleted_app")
def deletion_of_all(replay):
    here = Notifications(replay)
    application, _ = _endpoint(here)
    here.expect(
        ("delete-application", "delete_platform_application", {"PlatformApplicationArn": application}),
        ("list-endpoints-after-app-delete", "list_endpoints_by_platform_application", {"PlatformApplicationArn": application}),
    )


@scenario("TestSNSPlatformEndpointCrud::test_set_platform_endpoint_attributes")
def setting(replay):
    here = Notifications(replay)
    _, endpoint = _endpoint(here)
    here.expect(
        ("set-platform-endpoint-attributes", "set_endpoint_attributes", {"EndpointArn": endpoint, "Attributes": {"Enabled": "false"}}),
        ("get-platform-endpoint-attributes", "get_endpoint_attributes", {"EndpointArn": endpoint}),
    )


@scenario("TestSNSPlatformEndpointCrud::test_set_platform_endpoint_attributes_non_existent_endpoint")
@scenario("TestSNSPlatformEndpointCrud::test_get_platform_endpoint_attributes_non_existent_endpoint")
def no_endpoint(replay):
    here = Notifications(replay)
    given = {"EndpointArn": replay.arn("endpoint/%s/none/abc" % _PLATFORM, service="sns")}
    label = "set-platform-endpoint-attributes-non-existent-app"
    if "::test_set_" in replay.scenario.name:
        here.call(label, here.sns.set_endpoint_attributes, **given, Attributes={"Enabled": "false"})
    else:
        here.call(label, here.sns.get_endpoint_attributes, **given)


_WRONG = {
    "Invalid_Name_Principal": {"PlatformPrincipal": "x"}, "Invalid_Name_Credential": {"PlatformCredential": "x"},
    "Invalid_Name_Generic": {"InvalidKey": "x"}, "Data_Too_Long": {"CustomUserData": "x" * 2049}, "Empty": {},
}  # fmt: skip


@scenario("TestSNSPlatformEndpointCrud::test_set_platform_endpoint_attributes_invalid_attributes")
def wrong_settings(replay):
    here = Notifications(replay)
    _, endpoint = _endpoint(here)
    given = {"EndpointArn": endpoint, "Attributes": _WRONG[replay.parameter]}
    here.call("set-platform-endpoint-invalid-attributes", here.sns.set_endpoint_attributes, **given)


@scenario("TestSNSPlatformEndpointCrud::test_create_platform_endpoint_with_invalid_attributes")
def wrong_endpoints(replay):
    here = Notifications(replay)
    given = {"PlatformApplicationArn": _application(here), "Token": "token_1", "Attributes": _WRONG[replay.parameter]}
    here.call("create-platform-endpoint-invalid-attr", here.sns.create_platform_endpoint, **given)


@scenario("TestSNSPlatformEndpointCrud::test_create_platform_endpoint_double_custom_data")
def data_twice(replay):
    here = Notifications(replay)
    endpoint = here.sns.create_platform_endpoint(
        PlatformApplicationArn=_application(here), Token="token_1", CustomUserData="foo", Attributes={"CustomUserData": "bar"}
    )["EndpointArn"]
    here.call("create-endpoint-double-custom-data", here.sns.get_endpoint_attributes, EndpointArn=endpoint)


# Text messages


@scenario("TestSNSSMS::test_set_get_sms_attributes")
def attributes(replay):
    here = Notifications(replay)
    given = {
        "DefaultSMSType": "Promotional", "DefaultSenderID": "LSTest", "DeliveryStatusSuccessSamplingRate": "100", "MonthlySpendLimit": "1",
    }  # fmt: skip
    here.sns.set_sms_attributes(attributes=given)
    here.call("get-sms-all-attributes", here.sns.get_sms_attributes)
    here.call("get-sms-some-attributes", here.sns.get_sms_attributes, attributes=["DefaultSMSType", "DefaultSenderID"])


@scenario("TestSNSSMS::test_set_invalid_sms_attributes")
def wrong_sms_attributes(replay):
    here = Notifications(replay)
    given = {
        "InvalidAttributeName": {"InvalidAttribute": "x"}, "TooLongID": {"DefaultSendID": "x" * 12}, "NoLetterID": {"DefaultSendID": "1"},
        "InvalidSMSType": {"DefaultSMSType": "invalid"},
    }[replay.parameter]  # fmt: skip
    here.call("invalid-attribute", here.sns.set_sms_attributes, attributes=given)


@scenario("TestSNSSubscriptionCrudV2::test_list_opted_out")
def nobody_opted_out(replay):
    here = Notifications(replay)
    here.call("list-opted-out", here.sns.list_phone_numbers_opted_out)


@scenario("TestSNSSMS::test_list_phone_numbers_opted_out", {"list-phone-numbers-opted-out": _OPTED_OUT})
def opted_out(replay):
    here = Notifications(replay)
    here.call("list-phone-numbers-opted-out", here.sns.list_phone_numbers_opted_out)


@scenario("TestSNSSMS::test_opt_in_phone_number")
def opt_in(replay):
    here = Notifications(replay)
    here.call("opt-in-phone-number", here.sns.opt_in_phone_number, phoneNumber="+15551234567")


@scenario("TestSNSSMS::test_opt_in_invalid_number")
def opt_in_nobody(replay):
    here = Notifications(replay)
    here.call("opt-in-non-existing-number", here.sns.opt_in_phone_number, phoneNumber="wrong")
