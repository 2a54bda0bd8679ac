import ServiceKit

/// Refuses, by name, parameters that are not built yet, unless they are empty or have their default: nothing is stored
/// and then ignored.
struct UnsupportedParameters {
    let operation: String

    func refuse(_ parameter: String, if isGiven: Bool) throws {
        if isGiven { throw AWSError.notImplemented(service: "lambda", operation: operation, parameter: parameter) }
    }

    func check(_ input: CreateFunctionRequest) throws {
        try refuse("PackageType=Image", if: input.packageType == "Image" || input.code.imageUri?.isEmpty == false)
        try refuse("Code.SourceKMSKeyArn", if: isGiven(input.code.sourceKMSKeyArn))
        try refuse("PublishTo", if: isGiven(input.publishTo))
        try refuse("TenancyConfig", if: input.tenancyConfig != nil)
        try check(
            image: input.imageConfig,
            capacityProvider: input.capacityProviderConfig, durable: input.durableConfig)
    }

    func check(_ input: UpdateFunctionConfigurationRequest) throws {
        try check(
            image: input.imageConfig,
            capacityProvider: input.capacityProviderConfig, durable: input.durableConfig)
    }

    func check(_ input: UpdateFunctionCodeRequest) throws {
        try refuse("ImageUri", if: isGiven(input.imageUri))
        try refuse("SourceKMSKeyArn", if: isGiven(input.sourceKMSKeyArn))
        try refuse("PublishTo", if: isGiven(input.publishTo))
    }

    private func check(
        image: ImageConfig?, capacityProvider: CapacityProviderConfig?,
        durable: DurableConfig?
    ) throws {
        try refuse(
            "ImageConfig",
            if: image?.command?.isEmpty == false || image?.entryPoint?.isEmpty == false
                || isGiven(image?.workingDirectory))
        try refuse("CapacityProviderConfig", if: capacityProvider != nil)
        try refuse("DurableConfig", if: durable != nil)
    }

    private func isGiven(_ text: String?) -> Bool { text?.isEmpty == false }
}
