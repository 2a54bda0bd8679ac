import ServiceKit
import Testing

@testable import SNS

/// What each push service wants to be told.
@Suite struct MobileAttributesTests {
    private static func reason(_ platform: String, _ attributes: [String: String]) -> String? {
        do {
            try MobileAttributes.checkApplication(attributes, platform: platform, isNew: true)
            return nil
        } catch {
            return error.message
        }
    }

    /// https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformApplication.html: a key alone, where others want a pair.
    @Test func googleTakesACredentialAlone() {
        #expect(Self.reason("GCM", ["PlatformCredential": "key"]) == nil)
        #expect(Self.reason("GCM", ["PlatformCredential": "key", "PlatformPrincipal": ""]) == nil)
    }

    @Test(arguments: ["ADM", "APNS", "APNS_SANDBOX", "BAIDU", "MPNS", "WNS"]) func othersWantAPair(platform: String) {
        #expect(
            Self.reason(platform, ["PlatformCredential": "key"])
                == "Invalid parameter: Attributes Reason: PlatformCredential attribute provided without PlatformPrincipal"
        )
        #expect(
            Self.reason(platform, ["PlatformPrincipal": "id"])
                == "Invalid parameter: Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential"
        )
        #expect(Self.reason(platform, ["PlatformCredential": "key", "PlatformPrincipal": "id"]) == nil)
    }
}
