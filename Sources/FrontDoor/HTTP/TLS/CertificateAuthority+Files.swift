public import Foundation

extension CertificateAuthority {
    /// The name of the file with the authority's certificate, in its folder.
    public static let certificateFile = "authority.pem"
    static let keyFile = "authority-key.pem"

    /// With less than this before its end a new authority is made: whoever copied the old certificate has to copy the new one.
    private static let renewal = 2 * leafLifetime

    /// The authority that a folder holds, made if there is none or if it ends soon. The folder is made (mode 0700) too; the key has
    /// mode 0600.
    /// - Throws: ``TLSError`` if the files cannot be read or written, or are damaged: what others trust is not replaced
    ///   silently.
    public static func load(folder: String, now: Date = Date()) throws(TLSError) -> CertificateAuthority {
        let (certificatePath, keyPath) = (folder + "/" + certificateFile, folder + "/" + keyFile)
        if let certificate = try read(certificatePath), let key = try read(keyPath) {
            guard let authority = CertificateAuthority(certificatePEM: certificate, keyPEM: key) else {
                throw TLSError(
                    "The certificate authority in \(folder) is damaged. Remove \(certificateFile) and \(keyFile) there to have a new one made; clients have to trust that anew."
                )
            }
            if authority.notAfter > now.addingTimeInterval(renewal) { return authority }
        }
        let authority = try make(now: now)
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw failure("cannot be made", folder) }
        // The key first: one without a certificate is made anew, and nobody has trusted it yet.
        unlink(certificatePath)
        try write(authority.keyPEM, to: keyPath, mode: 0o600)
        try write(authority.certificatePEM, to: certificatePath, mode: 0o644)
        return authority
    }

    private static func read(_ path: String) throws(TLSError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT { return nil }
            throw failure("cannot be read", path)
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            return String(decoding: try handle.read(upToCount: 1 << 20) ?? Data(), as: UTF8.self)
        } catch {
            throw failure("cannot be read", path)
        }
    }

    /// All of it, on disk, under a name that nobody sees before it is whole.
    private static func write(_ text: String, to path: String, mode: mode_t) throws(TLSError) {
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        if descriptor < 0 { throw failure("cannot be written", temporary) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do { try handle.write(contentsOf: Data(text.utf8)) } catch { throw failure("cannot be written", temporary) }
        guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw failure("cannot be written", path) }
    }

    private static func failure(_ what: String, _ path: String) -> TLSError {
        TLSError("\(path) \(what): \(String(cString: strerror(errno))).")
    }
}
