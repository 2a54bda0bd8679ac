"""The tables in docs/services say what is so."""

import conformance
import pytest


@pytest.mark.parametrize("service", conformance.SERVICES)
def test_the_tables_are_up_to_date(service):
    stale = [path.name for path, text, wanted in conformance.pages() if text != wanted]
    assert not stale, "run script/conformance"


@pytest.mark.parametrize(
    "operation, method",
    [("CreateFunction", "create_function"), ("GetFunctionUrlConfig", "get_function_url_config"), ("ListTags", "list_tags")],
)
def test_methods_are_named_as_boto3_names_them(operation, method):
    assert conformance.snake(operation) == method


def test_every_implemented_operation_has_a_test():
    for service in conformance.SERVICES:
        done = conformance.implemented(service)
        assert [name for name, files in conformance.tests(service, sorted(done)).items() if not files] == []


def test_only_what_is_between_the_markers_changes():
    page = "a\n<!-- conformance: x -->\nold\n<!-- end of x -->\nb\n"
    assert conformance.replaced(page, "x", ["new"]) == "a\n<!-- conformance: x -->\n\nnew\n\n<!-- end of x -->\nb\n"
