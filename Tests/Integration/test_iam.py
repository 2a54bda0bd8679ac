"""IAM through boto3 and the aws CLI, against the built server."""

import json

import pytest
from botocore.exceptions import ClientError
from martlet import TRUST
from recordings import scenarios, shape

IDENTITY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}
)
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@pytest.fixture
def iam(server):
    return server.client("iam")


def refused(call, **parameters):
    """The error that AWS's client sees: status, code, message, type."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    assert answer["ResponseMetadata"]["RequestId"]
    error = answer["Error"]
    return answer["ResponseMetadata"]["HTTPStatusCode"], error["Code"], error["Message"], error.get("Type")


def test_a_role_lives_and_ends(iam, name):
    created = iam.create_role(
        RoleName=name, Path="/app/", AssumeRolePolicyDocument=TRUST, Description="Works", MaxSessionDuration=7200,
        Tags=[{"Key": "team", "Value": "a"}],
    )["Role"]
    assert created["Arn"] == f"arn:aws:iam::000000000000:role/app/{name}"
    assert created["AssumeRolePolicyDocument"] == json.loads(TRUST)
    found = iam.get_role(RoleName=name)["Role"]
    assert found["RoleId"] == created["RoleId"]
    assert found["CreateDate"] == created["CreateDate"]
    assert found["MaxSessionDuration"] == 7200
    assert found["RoleLastUsed"] == {}
    iam.get_waiter("role_exists").wait(RoleName=name)

    iam.update_role(RoleName=name, Description="", MaxSessionDuration=3600)
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=IDENTITY)
    iam.attach_role_policy(RoleName=name, PolicyArn=BASIC)
    assert iam.get_role_policy(RoleName=name, PolicyName="inline")["PolicyDocument"] == json.loads(IDENTITY)
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["inline"]
    assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == [
        {"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": BASIC}
    ]
    conflict = (409, "DeleteConflict", "Cannot delete entity, must detach all policies first.", "Sender")
    assert refused(iam.delete_role, RoleName=name) == conflict
    iam.detach_role_policy(RoleName=name, PolicyArn=BASIC)
    conflict = (409, "DeleteConflict", "Cannot delete entity, must delete policies first.", "Sender")
    assert refused(iam.delete_role, RoleName=name) == conflict
    iam.delete_role_policy(RoleName=name, PolicyName="inline")
    iam.delete_role(RoleName=name)
    missing = (404, "NoSuchEntity", f"The role with name {name} cannot be found.", "Sender")
    assert refused(iam.get_role, RoleName=name) == missing


def test_roles_are_listed_by_paginators(iam, name):
    path = f"/{name}/"
    for index in range(7):
        iam.create_role(RoleName=f"{name[-40:]}-{index}", Path=path, AssumeRolePolicyDocument=TRUST)
    pages = list(iam.get_paginator("list_roles").paginate(PathPrefix=path, PaginationConfig={"PageSize": 3}))
    assert [len(page["Roles"]) for page in pages] == [3, 3, 1]
    assert [role["RoleName"][-1] for page in pages for role in page["Roles"]] == list("0123456")


def test_a_policy_has_versions(iam, name):
    arn = iam.create_policy(PolicyName=name, PolicyDocument=IDENTITY, Description="d")["Policy"]["Arn"]
    iam.get_waiter("policy_exists").wait(PolicyArn=arn)
    other = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}})
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=other, SetAsDefault=True)["PolicyVersion"]
    assert (version["VersionId"], version["IsDefaultVersion"]) == ("v2", True)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"] == json.loads(other)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)
    assert refused(iam.get_policy, PolicyArn=arn) == (404, "NoSuchEntity", f"Policy {arn} was not found.", "Sender")


@pytest.mark.parametrize(
    "document, message",
    [
        ("assume-role-policy.json", "This policy contains invalid Json"),
        ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Resource":"*"}]}', "Has prohibited field Resource"),
        ('{"probe":"x"}', "Unknown field probe"),
    ],
)
def test_a_trust_policy_that_is_none_is_refused(iam, name, document, message):
    answer = refused(iam.create_role, RoleName=name, AssumeRolePolicyDocument=document)
    assert answer == (400, "MalformedPolicyDocument", message, "Sender")


def test_what_is_not_built_says_so(iam):
    status, code, message, _ = refused(iam.list_users)
    assert status == 501 and "ListUsers" in message


def test_the_cli_manages_roles(server, name):
    created = server.aws("iam", "create-role", "--role-name", name, "--assume-role-policy-document", TRUST)
    assert created["Role"]["AssumeRolePolicyDocument"] == json.loads(TRUST)
    server.aws("iam", "attach-role-policy", "--role-name", name, "--policy-arn", BASIC)
    server.aws("iam", "wait", "role-exists", "--role-name", name)
    assert server.aws("iam", "list-attached-role-policies", "--role-name", name)["AttachedPolicies"][0]["PolicyArn"] == BASIC
    failed = server.aws("iam", "attach-role-policy", "--role-name", name, "--policy-arn", BASIC + "x", check=False)
    assert "(NoSuchEntity)" in failed.stderr and "does not exist or is not attachable." in failed.stderr
    server.aws("iam", "detach-role-policy", "--role-name", name, "--policy-arn", BASIC)
    server.aws("iam", "delete-role", "--role-name", name)


# Recorded from AWS


@pytest.mark.parametrize("_, recorded", scenarios("iam/iam.json", "TestRoles::test_role_with_tags"))
def test_tags_appear_as_recorded(iam, name, _, recorded):
    created = iam.create_role(
        RoleName=name, Path=f"/{name}/", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "test", "Value": "value"}]
    )
    assert shape(created) == shape(recorded["create-role-response"])
    assert shape(iam.get_role(RoleName=name)) == shape(recorded["get-role-response"])
    assert shape(iam.list_roles(PathPrefix=f"/{name}/")) == shape(recorded["list-role-response"])


@pytest.mark.parametrize("_, recorded", scenarios("iam/iam.json", "TestIAMIntegrations::test_role_attach_policy"))
def test_policies_are_attached_as_recorded(iam, name, _, recorded):
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    created = iam.create_policy(PolicyName=name, PolicyDocument=IDENTITY)
    assert shape(created) == shape(recorded["create_policy_response"])
    arn = created["Policy"]["Arn"]

    def error(label):
        found = recorded[label]
        return found["ResponseMetadata"]["HTTPStatusCode"], found["Error"]["Code"], found["Error"]["Message"], found["Error"]["Type"]

    answer = refused(iam.attach_role_policy, RoleName=name, PolicyArn="longpolicynamebutnoarn")
    assert answer == error("non_existent_malformed_policy_arn")
    assert refused(iam.attach_role_policy, RoleName=name, PolicyArn=name) == error("existing_policy_name_provided")
    status, code, message, kind = error("valid_arn_not_existent")
    message = f"Policy {arn}123 does not exist or is not attachable."
    assert refused(iam.attach_role_policy, RoleName=name, PolicyArn=arn + "123") == (status, code, message, kind)
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)


@pytest.mark.parametrize("service, recorded", scenarios("iam/iam.json", "TestIAMServiceRoles::test_service_role_lifecycle"))
def test_service_linked_roles_are_as_recorded(server, service, recorded):
    # An account of its own, since such a role is there once.
    iam = server.client("iam", key="111111111111")
    role = iam.create_service_linked_role(AWSServiceName=service)["Role"]["RoleName"]
    answer = iam.get_role(RoleName=role)["Role"]
    expected = recorded["describe-response"]["Role"]
    # When the role was last used differs: in some recordings the service had been at work.
    for key in ("RoleName", "Path", "AssumeRolePolicyDocument", "MaxSessionDuration", "Description"):
        assert answer.get(key) == expected.get(key)
    assert answer["Arn"] == expected["Arn"].replace("<partition>", "aws")
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert attached == json.loads(json.dumps(recorded["attached-role-policies"]["AttachedPolicies"]).replace("<partition>", "aws"))
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []


@pytest.mark.parametrize(
    "service, recorded", scenarios("iam/iam.json", "TestIAMServiceRoles::test_service_role_lifecycle_custom_suffix_not_allowed")
)
def test_suffixes_are_refused_as_recorded(iam, service, recorded):
    if service == "ecr.amazonaws.com":
        pytest.skip("this service's role is not known here")
    status, code, message, kind = refused(iam.create_service_linked_role, AWSServiceName=service, CustomSuffix="x")
    error = recorded["custom-suffix-not-allowed"]["Error"]
    assert (code, message, kind) == (error["Code"], error["Message"], error["Type"])
    assert status == 400


@pytest.mark.parametrize("_, recorded", scenarios("iam/iam.json", "TestIAMServiceRoles::test_service_role_deletion"))
def test_service_linked_roles_are_deleted_as_recorded(server, _, recorded):
    iam = server.client("iam", key="222222222222")
    role = iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")["Role"]["RoleName"]
    task = iam.delete_service_linked_role(RoleName=role)["DeletionTaskId"]
    expected = recorded["service-linked-role-deletion-response"]["DeletionTaskId"]
    assert task.rsplit("/", 1)[0] == expected.rsplit("/", 1)[0]
    answer = iam.get_service_linked_role_deletion_status(DeletionTaskId=task)
    assert answer["Status"] == recorded["service-linked-role-deletion-status-response"]["Status"]
