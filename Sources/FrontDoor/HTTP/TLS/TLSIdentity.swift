public import Foundation
import NIOCore
import NIOSSL

/// A certificate, those that lead to its authority, and its private key: what a server proves its name with.
public struct TLSIdentity: Sendable {
    /// The server's own first.
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    /// When the server's own certificate ends.
    public let notAfter: Date
    /// Whether the certificate vouches for itself, so that clients have to be told to trust it.
    public let isSelfSigned: Bool

    init(chain: [NIOSSLCertificate], key: NIOSSLPrivateKey, notAfter: Date, isSelfSigned: Bool) {
        self.chain = chain
        self.key = key
        self.notAfter = notAfter
        self.isSelfSigned = isSelfSigned
    }

    /// Reads a certificate chain and its key from PEM files, which may be one file.
    /// - Throws: ``TLSError`` that names the file and what is wrong with it.
    public init(certificateFile: String, keyFile: String) throws(TLSError) {
        let certificateBytes = try Self.read(certificateFile, "certificate")
        let keyBytes = try Self.read(keyFile, "private key")
        let certificates = try? NIOSSLCertificate.fromPEMBytes(certificateBytes)
        guard let certificates, let own = certificates.first else {
            throw TLSError("\(certificateFile) holds no certificate in PEM form (-----BEGIN CERTIFICATE-----).")
        }
        let text = String(decoding: keyBytes, as: UTF8.self)
        if text.contains("ENCRYPTED") {
            throw TLSError(
                "The private key in \(keyFile) is encrypted with a passphrase; it has to be plain, mode 0600.")
        }
        guard text.contains("PRIVATE KEY-----"), let key = try? NIOSSLPrivateKey(bytes: keyBytes, format: .pem) else {
            throw TLSError("\(keyFile) holds no private key in PEM form (-----BEGIN PRIVATE KEY-----).")
        }
        chain = certificates
        self.key = key
        notAfter = Date(timeIntervalSince1970: TimeInterval(own.notValidAfter))
        isSelfSigned = Self.isSelfSigned(own)
        // The library refuses pairs that do not fit, and certificates that are not for servers.
        do { _ = try NIOSSLContext(configuration: configuration) } catch {
            guard Self.belong(own, text) else {
                throw TLSError(
                    "The private key in \(keyFile) does not belong to the certificate in \(certificateFile).")
            }
            throw TLSError("The certificate in \(certificateFile) is not one for servers: its key usage forbids it.")
        }
    }

    /// TLS 1.2 and 1.3, with HTTP/2 and HTTP/1.1 to choose from.
    var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["h2", "http/1.1"]
        // A client that is idle does not answer when it is told of the end.
        configuration.shutdownTimeout = .seconds(1)
        return configuration
    }

    private static func read(_ path: String, _ what: String) throws(TLSError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw TLSError("The \(what) \(path) cannot be read: \(String(cString: strerror(errno))).") }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            // Far more than any chain; a wrong path may lead to a disk image.
            let data = try handle.read(upToCount: 4 << 20) ?? Data()
            return Array(data)
        } catch {
            throw TLSError("The \(what) \(path) cannot be read: \(error.localizedDescription)")
        }
    }
}
