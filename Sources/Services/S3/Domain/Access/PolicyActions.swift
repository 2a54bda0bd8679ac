import ServiceKit

/// The actions that policies of buckets speak of. See
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-actions-as-permissions>.
enum PolicyActions {
    /// What an action is about.
    struct Level: OptionSet {
        let rawValue: Int

        static let bucket = Level(rawValue: 1)
        static let object = Level(rawValue: 2)
    }

    /// What the actions are about that a pattern means; empty if there are none.
    static func levels(of pattern: String) -> Level {
        let pattern = pattern.lowercased()
        if pattern == "*" { return [.bucket, .object] }
        guard pattern.hasPrefix("s3:") else { return [] }
        let name = String(pattern.dropFirst(3))
        var levels = Level()
        if buckets.contains(where: { PolicyPattern.matches(name, $0) }) { levels.insert(.bucket) }
        if objects.contains(where: { PolicyPattern.matches(name, $0) }) { levels.insert(.object) }
        return levels
    }

    private static let buckets = [
        "createbucket", "createbucketmetadatatableconfiguration", "deletebucket",
        "deletebucketmetadatatableconfiguration", "deletebucketpolicy", "deletebucketwebsite",
        "getaccelerateconfiguration", "getanalyticsconfiguration", "getbucketabac", "getbucketacl", "getbucketcors",
        "getbucketlocation", "getbucketlogging", "getbucketmetadatatableconfiguration", "getbucketnotification",
        "getbucketobjectlockconfiguration", "getbucketownershipcontrols", "getbucketpolicy",
        "getbucketpolicystatus", "getbucketpublicaccessblock", "getbucketrequestpayment", "getbuckettagging",
        "getbucketversioning", "getbucketwebsite", "getencryptionconfiguration",
        "getintelligenttieringconfiguration", "getinventoryconfiguration", "getlifecycleconfiguration",
        "getmetricsconfiguration", "getreplicationconfiguration", "listbucket", "listbucketmultipartuploads",
        "listbucketversions", "listtagsforresource", "putaccelerateconfiguration", "putanalyticsconfiguration",
        "putbucketabac", "putbucketacl", "putbucketcors", "putbucketlogging", "putbucketnotification",
        "putbucketobjectlockconfiguration", "putbucketownershipcontrols", "putbucketpolicy",
        "putbucketpublicaccessblock", "putbucketrequestpayment", "putbuckettagging", "putbucketversioning",
        "putbucketwebsite", "putencryptionconfiguration", "putintelligenttieringconfiguration",
        "putinventoryconfiguration", "putlifecycleconfiguration", "putmetricsconfiguration",
        "putreplicationconfiguration", "tagresource", "untagresource",
        "updatebucketmetadatainventorytableconfiguration", "updatebucketmetadatajournaltableconfiguration",
    ]

    private static let objects = [
        "abortmultipartupload", "bypassgovernanceretention", "deleteobject", "deleteobjecttagging",
        "deleteobjectversion", "deleteobjectversiontagging", "getobject", "getobjectacl", "getobjectattributes",
        "getobjectlegalhold", "getobjectretention", "getobjecttagging", "getobjecttorrent", "getobjectversion",
        "getobjectversionacl", "getobjectversionattributes", "getobjectversionforreplication",
        "getobjectversiontagging", "getobjectversiontorrent", "initiatereplication", "listmultipartuploadparts",
        "objectowneroverridetobucketowner", "putobject", "putobjectacl", "putobjectlegalhold", "putobjectretention",
        "putobjecttagging", "putobjectversionacl", "putobjectversiontagging", "replicatedelete", "replicateobject",
        "replicatetags", "restoreobject", "updateobjectencryption",
    ]
}
