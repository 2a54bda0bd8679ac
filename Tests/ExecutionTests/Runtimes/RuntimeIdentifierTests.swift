import Execution
import Testing

struct RuntimeIdentifierTests {
    @Test(arguments: [
        ("python3.8", RuntimeIdentifier.Family.python, "3.8"), ("python3.14", .python, "3.14"),
        ("nodejs20.x", .nodejs, "20"), ("nodejs24.x", .nodejs, "24"),
    ])
    func `names of languages have a version`(name: String, family: RuntimeIdentifier.Family, version: String) throws {
        let runtime = try #require(RuntimeIdentifier(name))
        #expect(runtime.family == family)
        #expect(runtime.version?.description == version)
        #expect(runtime.description == name)
    }

    @Test(arguments: ["provided", "provided.al2", "provided.al2023"])
    func `custom runtimes have none`(name: String) throws {
        let runtime = try #require(RuntimeIdentifier(name))
        #expect(runtime.family == .provided)
        #expect(runtime.version == nil)
    }

    @Test(arguments: [
        "", "python", "python3", "python3.", "python3.7", "python3.99", "python2.7", "python3.12.1", "python3.١٢",
        "python3.012",
        "nodejs", "nodejs20", "nodejs.x", "nodejs14.x", "nodejs20.1.x", "node20.x", "java21", "provided.al3",
        "Python3.12", "python3.12\0",
    ])
    func `anything else is refused`(name: String) {
        #expect(RuntimeIdentifier(name) == nil)
    }

    @Test func `all known names are understood`() {
        #expect(RuntimeIdentifier.known.count == 15)
        #expect(RuntimeIdentifier.known.filter(\.isDeprecated).map(\.name).contains("python3.8"))
    }

    @Test(arguments: [("v20.1.0", "20.1.0"), ("3.12", "3.12"), ("20", "20"), ("0.0.0", "0.0.0")])
    func `versions are read`(text: String, version: String) {
        #expect(LanguageVersion(text)?.description == version)
    }

    @Test(arguments: ["", "v", ".", "3.", ".3", "1.2.3.4", "3.x", "-1", "99999", "3.12rc1", "٣"])
    func `other texts are no versions`(text: String) {
        #expect(LanguageVersion(text) == nil)
    }

    @Test func `versions are ordered by number`() throws {
        let texts = ["3", "3.8", "3.8.1", "3.9", "3.10", "20", "20.0"]
        let versions = try texts.map { try #require(LanguageVersion($0)) }
        #expect(versions.shuffled().sorted() == versions)
    }
}
