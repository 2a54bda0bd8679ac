/// This program's version.
enum MartletVersion {
    static let current = "0.1.0"
}
