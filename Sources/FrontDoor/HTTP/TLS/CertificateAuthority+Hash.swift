import Crypto
import ServiceModel
import SwiftASN1
import X509

extension CertificateAuthority {
    /// The name under which OpenSSL looks for the certificate in a folder of trusted ones, without the `.0`: eight digits, as
    /// `openssl x509 -subject_hash` prints them.
    ///
    /// It is made from the subject in a form in which names that count as the same look the same: text as UTF-8 in lower case with single
    /// spaces, and without the outermost header.
    public var subjectHash: String { Self.hash(of: subject) }

    static func hash(of name: DistinguishedName) -> String {
        var bytes: [UInt8] = []
        for relative in name {
            var serializer = DER.Serializer()
            try? serializer.appendConstructedNode(identifier: .set) { set in
                for attribute in relative {
                    try set.appendConstructedNode(identifier: .sequence) { pair in
                        try pair.serialize(attribute.type)
                        try pair.serialize(ASN1UTF8String(Self.canonical(String(attribute.value) ?? "")))
                    }
                }
            }
            bytes += serializer.serializedBytes
        }
        // The first four bytes, the last of them first.
        return Hexadecimal.encode(Insecure.SHA1.hash(data: bytes).prefix(4).reversed())
    }

    /// Only letters of ASCII have two cases there.
    private static func canonical(_ text: String) -> String {
        String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
            .split(separator: " ").joined(separator: " ")
    }
}
