"""Layers."""

from martlet import zip_package
from replays.catalog import scenario

_CONTENT = {"ZipFile": zip_package({"python/shared.py": "VALUE = 1\n"})}


@scenario("TestLambdaLayer::test_layer_exceptions")
def exceptions(replay):
    api, layer, none = replay.api, replay.name("layer"), replay.name("none")

    def publish(label, name, runtimes, architectures):
        replay.call(
            label, api.publish_layer_version, LayerName=name, Content=_CONTENT, CompatibleRuntimes=runtimes, CompatibleArchitectures=architectures
        )  # fmt: skip

    def at(label, method, name, version):
        replay.call(label, method, LayerName=name, VersionNumber=version)

    publish("publish_result", layer, ["python3.12"], ["x86_64"])
    replay.call("list_layers_exc_compatibleruntime_invalid", api.list_layers, CompatibleRuntime="runtimedoesnotexist")
    replay.call("list_layers_exc_compatiblearchitecture_invalid", api.list_layers, CompatibleArchitecture="archdoesnotexist")
    replay.call("list_nonexistent_layer", api.list_layer_versions, LayerName=none)
    at("get_layer_version_exc_layer_doesnotexist", api.get_layer_version, none, 1)
    at("get_layer_version_exc_layer_version_doesnotexist_negative", api.get_layer_version, layer, -1)
    at("get_layer_version_exc_layer_version_doesnotexist_zero", api.get_layer_version, layer, 0)
    at("get_layer_version_exc_layer_version_doesnotexist_2", api.get_layer_version, layer, 2)
    replay.call("get_layer_version_by_arn_exc_invalidarn", api.get_layer_version_by_arn, Arn=replay.arn("layer:" + layer))
    replay.call("get_layer_version_by_arn_exc_nonexistentversion", api.get_layer_version_by_arn, Arn=replay.arn("layer:%s:2" % layer))
    at("delete_nonexistent_response", api.delete_layer_version, none, 1)
    at("delete_nonexistent_version_response", api.delete_layer_version, layer, 2)
    at("delete_layer_response", api.delete_layer_version, layer, 1)
    at("delete_layer_again_response", api.delete_layer_version, layer, 1)
    at("delete_layer_version_exc_layerversion_invalid_version", api.delete_layer_version, layer, -1)
    publish("publish_empty_result", replay.name("empty"), [], [])
    other = replay.name("other")
    publish("publish_layer_version_exc_invalid_runtime_arch", other, ["invalidruntime"], ["invalidarch"])
    runtimes = ["invalidruntime", "invalidruntime2", "nodejs20.x"]
    publish("publish_layer_version_exc_partially_invalid_values", other, runtimes, ["invalidarch", "x86_64"])


@scenario("TestLambdaLayer::test_layer_compatibilities")
def compatibilities(replay):
    recorded = replay.recorded["publish_result"]
    replay.call(
        "publish_result", replay.api.publish_layer_version, LayerName=replay.name("layer"), Content=_CONTENT,
        CompatibleRuntimes=recorded["CompatibleRuntimes"], CompatibleArchitectures=recorded["CompatibleArchitectures"],
    )  # fmt: skip


@scenario("TestLambdaLayer::test_layer_function_quota_exception")
def too_many(replay):
    arns = [
        replay.api.publish_layer_version(LayerName="%s-%d" % (replay.name("layer"), number), Content=_CONTENT)["LayerVersionArn"]
        for number in range(6)
    ]
    replay.call(
        "create_function_with_six_layers", replay.api.create_function, FunctionName=replay.function, Runtime="python3.12",
        Handler="handler.handler", Role=replay.role, Code={"ZipFile": replay.package()}, Layers=arns,
    )  # fmt: skip


@scenario("TestLambdaLayer::test_layer_s3_content")
def from_s3(replay):
    content = {"S3Bucket": "bucket-" + replay.account, "S3Key": "layer.zip"}
    s3 = replay.client("s3")
    s3.create_bucket(Bucket=content["S3Bucket"])
    s3.put_object(Bucket=content["S3Bucket"], Key=content["S3Key"], Body=replay.package())
    replay.call("publish_layer_result", replay.api.publish_layer_version, LayerName=replay.name("layer"), Content=content)
