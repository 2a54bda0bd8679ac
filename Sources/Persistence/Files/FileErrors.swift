import Foundation

extension DatabaseError {
    /// What a failed system call means to the user.
    /// - Parameters:
    ///   - code: the call's `errno`.
    ///   - what: the beginning of a sentence, such as "The data folder /x can't be made".
    package init(errno code: Int32, _ what: String) {
        switch code {
        case ENOSPC, EDQUOT, EFBIG: self = .diskFull
        case EACCES, EPERM, EROFS:
            self = .failed("\(what): \(String(cString: strerror(code))). Martlet runs as user \(geteuid()).")
        default: self = .failed("\(what): \(String(cString: strerror(code))).")
        }
    }
}
