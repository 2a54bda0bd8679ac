public import ServiceKit

extension STSService {
    public func getCallerIdentity(_ input: GetCallerIdentityRequest, _ call: Call) async throws
        -> GetCallerIdentityResponse
    {
        guard let account = call.principal.account, let arn = call.principal.arn, let userID = call.principal.userID
        else {
            throw AWSError.missingToken
        }
        return GetCallerIdentityResponse(userId: userID, account: account, arn: arn)
    }

    public func getAccessKeyInfo(_ input: GetAccessKeyInfoRequest, _ call: Call) async throws
        -> GetAccessKeyInfoResponse
    {
        // Temporary keys can't be looked up without their token, but every id that was made here tells its account.
        if let (_, principal) = try await credentials.resolve(accessKeyID: input.accessKeyId, sessionToken: nil),
            let account = principal.account
        {
            return GetAccessKeyInfoResponse(account: account)
        }
        guard let account = UniqueID.account(of: input.accessKeyId) else {
            throw AWSError.validationError("The access key id \(input.accessKeyId) is invalid.")
        }
        return GetAccessKeyInfoResponse(account: account)
    }
}
