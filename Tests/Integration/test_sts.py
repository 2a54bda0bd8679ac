"""STS through boto3 and the aws CLI, against the built server."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError
from martlet import TRUST, wait_until
from recordings import scenarios, shape
from shifted_clock import shifted


def trusting(principal, condition=None):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refused(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def session_client(server, service, credentials):
    return server.client(
        service, key=credentials["AccessKeyId"], secret=credentials["SecretAccessKey"], token=credentials["SessionToken"]
    )


def test_any_key_is_root_of_its_account_when_open(server):
    identity = server.client("sts").get_caller_identity()
    assert (identity["Account"], identity["Arn"], identity["UserId"]) == (
        "000000000000", "arn:aws:iam::000000000000:root", "000000000000",
    )
    assert server.client("sts", key="123456789012").get_caller_identity()["Account"] == "123456789012"
    assert server.aws("sts", "get-caller-identity")["Account"] == "000000000000"


def test_an_assumed_role_is_who_it_says(server, name):
    iam, sts = server.client("iam"), server.client("sts")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting({"AWS": "000000000000"}))["Role"]
    answer = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="ci", DurationSeconds=900)
    remaining = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert 600 < remaining.total_seconds() <= 900
    identity = session_client(server, "sts", answer["Credentials"]).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::000000000000:assumed-role/{name}/ci"
    assert identity["UserId"] == f"{role['RoleId']}:ci" == answer["AssumedRoleUser"]["AssumedRoleId"]
    assert "LastUsedDate" in iam.get_role(RoleName=name)["Role"]["RoleLastUsed"]
    key = answer["Credentials"]["AccessKeyId"]
    assert key.startswith("ASIA")
    assert sts.get_access_key_info(AccessKeyId=key)["Account"] == "000000000000"


def test_the_trust_policy_decides(server, name):
    iam, sts = server.client("iam"), server.client("sts")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    message = f"User: arn:aws:iam::000000000000:root is not authorized to perform: sts:AssumeRole on resource: {arn}"
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="ci") == (403, "AccessDenied", message)
    external = trusting({"AWS": "*"}, {"StringEquals": {"sts:ExternalId": "secret"}})
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=external)
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="ci")[1] == "AccessDenied"
    sts.assume_role(RoleArn=arn, RoleSessionName="ci", ExternalId="secret")
    other = server.client("sts", key="999999999999")
    other.assume_role(RoleArn=arn, RoleSessionName="ci", ExternalId="secret")


def test_sessions_survive_a_restart(martlet, name):
    server = martlet().start()
    credentials = server.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    server.restart()
    assert session_client(server, "sts", credentials).get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"


def test_with_iam_keys_and_tokens_are_verified(martlet, name):
    server = martlet("--auth", "iam").start()
    exports = dict(
        line.removeprefix("export ").split("=", 1) for line in server.run("env").stdout.splitlines() if line.startswith("export ")
    )
    key, secret = (exports[f"AWS_{part}"].strip("'\"") for part in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"))
    root = server.client("sts", key=key, secret=secret)
    assert root.get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"
    assert root.get_access_key_info(AccessKeyId=key)["Account"] == "000000000000"

    unknown = server.client("sts", key="AKIAIOSFODNN7EXAMPLE", secret="x")
    message = "The security token included in the request is invalid."
    assert refused(unknown.get_caller_identity) == (403, "InvalidClientTokenId", message)
    wrong = server.client("sts", key=key, secret="x")
    assert refused(wrong.get_caller_identity)[:2] == (403, "SignatureDoesNotMatch")

    credentials = root.get_session_token()["Credentials"]
    assert session_client(server, "sts", credentials).get_caller_identity()["Account"] == "000000000000"
    forged = {**credentials, "SessionToken": credentials["SessionToken"][:-8] + "AAAAAAAA"}
    assert refused(session_client(server, "sts", forged).get_caller_identity) == (403, "InvalidClientTokenId", message)


# Recorded from AWS


@pytest.mark.parametrize("_, recorded", scenarios("sts/sts.json", "TestSTSIntegrations::test_assume_role"))
def test_a_role_is_assumed_as_recorded(server, name, _, recorded):
    iam, sts = server.client("iam"), server.client("sts")
    created = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting({"AWS": "000000000000"}))
    assert shape(created) == shape(recorded["create-role"])
    answer = sts.assume_role(RoleArn=created["Role"]["Arn"], RoleSessionName="session")
    assert shape(answer) == shape(recorded["assume-role"])


@pytest.mark.parametrize("_, recorded", scenarios("sts/sts.json", "TestSTSAssumeRoleTagging::test_assume_role_tag_validation"))
def test_session_tags_are_refused_as_recorded(server, name, _, recorded):
    iam, sts = server.client("iam"), server.client("sts")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting({"AWS": "000000000000"}))["Role"]["Arn"]

    def check(label, **parameters):
        error = recorded[label]["Error"]
        assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="session", **parameters) == (400, error["Code"], error["Message"])

    check("invalid-transitive-tag-keys", Tags=[{"Key": "a", "Value": "b"}], TransitiveTagKeys=["c"])
    check("duplicate-tag-keys-different-casing", Tags=[{"Key": "a", "Value": "b"}, {"Key": "A", "Value": "c"}])


def test_session_credentials_expire(martlet, tmp_path):
    server = martlet("--auth", "iam").start()
    lines = dict(l.removeprefix("export ").split("=", 1) for l in server.run("env").stdout.splitlines() if l.startswith("export"))
    root = (lines["AWS_ACCESS_KEY_ID"], lines["AWS_SECRET_ACCESS_KEY"])
    trust = trusting({"AWS": "000000000000"})
    role = server.client("iam", *root).create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    credentials = server.client("sts", *root).assume_role(RoleArn=role, RoleSessionName="ci", DurationSeconds=900)["Credentials"]
    assert session_client(server, "sts", credentials).get_caller_identity()["Arn"].endswith("assumed-role/r/ci")
    # A signature may be fifteen minutes off, which is as long as the shortest session: the last seconds pass for real.
    server.environment = shifted(tmp_path, 896)
    server.restart()

    def refusal():
        try:
            session_client(server, "sts", credentials).get_caller_identity()
        except ClientError as error:
            return error.response

    answer = wait_until(refusal)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert answer["Error"] == {
        "Code": "ExpiredToken", "Message": "The security token included in the request is expired", "Type": "Sender",
    }
    code = refused(session_client(server, "lambda", credentials).list_functions)[1]
    assert code == "ExpiredTokenException"
    assert server.client("sts", *root).get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"
