"""Sizes that are refused, and what an account has and uses."""

import io
import zipfile

from martlet import zip_package
from replays.catalog import scenario


def _create(replay, package):
    replay.call(
        "invalid_param_exc", replay.api.create_function, FunctionName=replay.function, Runtime="python3.12", Handler="handler.handler",
        Role=replay.role, Code={"ZipFile": package},
    )  # fmt: skip


@scenario("TestLambdaSizeLimits::test_oversized_lambda")
def unzipped(replay):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        package.writestr("big", bytes(262_144_001))
    _create(replay, out.getvalue())


def _stored(size):
    """A package of about that many bytes, not compressed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("big", bytes(size))
    return out.getvalue()


@scenario("TestLambdaSizeLimits::test_oversized_request_create_lambda")
def request(replay):
    # In base64 it is a third longer.
    _create(replay, _stored(52_700_000))


@scenario("TestLambdaSizeLimits::test_oversized_zipped_create_lambda")
def zipped(replay):
    _create(replay, _stored(52_428_801))


@scenario("TestLambdaAccountSettings::test_account_settings")
def settings(replay):
    answer = replay.api.get_account_settings()
    kept = {"ResponseMetadata": answer["ResponseMetadata"]}
    replay.keep("acc_settings_modded", {**kept, **{part: sorted(answer[part]) for part in ("AccountLimit", "AccountUsage")}})


def _of_size(size, files):
    """A package that has exactly so many bytes."""
    package = zip_package(files)
    out = io.BytesIO(package)
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"-" * (size - len(package))
    return out.getvalue()


@scenario("TestLambdaAccountSettings::test_account_settings_total_code_size")
def total_code_size(replay):
    api = replay.api

    def total():
        return api.get_account_settings()["AccountUsage"]["TotalCodeSize"]

    def package(label, number):
        return _of_size(replay.recorded[label], {"a.py": "# %d\n" % number})

    start = total()
    label = "total_code_size_diff_create_function"
    api.create_function(
        FunctionName=replay.function, Runtime="python3.12", Handler="a.handler", Role=replay.role, Code={"ZipFile": package(label, 0)}
    )
    replay.keep(label, total() - start)
    replay.settle()
    label = "total_code_size_diff_update_function"
    api.update_function_code(FunctionName=replay.function, ZipFile=package(label, 1))
    replay.keep(label, total() - start)
    layer = replay.name("layer")
    for number, label in enumerate(("total_code_size_diff_publish_layer", "total_code_size_diff_publish_layer_version")):
        before = total()
        api.publish_layer_version(LayerName=layer, Content={"ZipFile": package(label, number)})
        replay.keep(label, total() - before)
