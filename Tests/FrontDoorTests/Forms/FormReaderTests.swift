import Testing

@testable import FrontDoor

@Suite("Forms with files")
struct FormReaderTests {
    static let form = """
        --b\r
        Content-Disposition: form-data; name="key"\r
        \r
        folder/${filename}\r
        --b\r
        content-disposition: form-data; name="x-amz-meta-a"\r
        Content-Type: text/plain\r
        \r
        ä\r
        --b\r
        Content-Disposition: form-data; name="file"; filename="a b.txt"\r
        Content-Type: text/csv\r
        \r
        1\r
        --a\r
        --b-not\r
        --b\r
        Content-Disposition: form-data; name="submit"\r
        \r
        Upload\r
        --b--\r

        """

    @Test("pieces of any size give the same", arguments: [1, 2, 3, 7, 50, 10_000])
    func pieces(size: Int) throws {
        var reader = FormReader(boundary: "b", limit: 1000)
        var file: [UInt8] = []
        let body = Array(Self.form.utf8)
        for start in stride(from: 0, to: body.count, by: size) {
            file += try reader.take(Array(body[start..<min(start + size, body.count)]))
        }
        try reader.end()
        #expect(reader.fields.map(\.name) == ["key", "x-amz-meta-a"])
        #expect(reader.fields.map(\.value) == ["folder/${filename}", "ä"])
        #expect(reader.file == FormReader.File(name: "a b.txt", contentType: "text/csv"))
        #expect(String(decoding: file, as: UTF8.self) == "1\r\n--a")
    }

    @Test(
        "what is no form is refused",
        arguments: ["", "--b", "--b\r\n\r\n\r\nx\r\n--b--", "hello\r\n--b\r\nA: b\r\n\r\n"])
    func broken(_ text: String) {
        #expect(throws: FormReader.Problem.self) {
            var reader = FormReader(boundary: "b", limit: 100)
            _ = try reader.take(Array(text.utf8))
            try reader.end()
        }
    }

    @Test("fields are bounded, the file is not")
    func limit() throws {
        let head = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n"
        var reader = FormReader(boundary: "b", limit: 100)
        #expect(throws: FormReader.Problem.fieldsTooLarge) {
            _ = try reader.take(Array((head + String(repeating: "x", count: 200)).utf8))
        }
        var file = FormReader(boundary: "b", limit: 100)
        _ = try file.take(Array("--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n".utf8))
        #expect(try file.take([UInt8](repeating: 1, count: 5000)).count > 4900)
    }

    @Test(
        "names of files are read as browsers and others write them",
        arguments: [
            (#"form-data; name="file"; filename="a;b.txt""#, "a;b.txt"),
            (#"form-data; filename="a\"b\\c.txt"; name="file""#, "c.txt"),
            (#"form-data; name=file; filename=plain.txt"#, "plain.txt"),
            (#"form-data; name="file"; filename="C:\dir\x.txt""#, "x.txt"),
            (#"form-data; name="file"; filename="C:\\dir\\x.txt""#, "x.txt"),
            (#"form-data; name="file"; filename="/home/ada/ä b.txt""#, "ä b.txt"),
            (#"form-data; name="file"; filename="say \"hello\".txt""#, #"say "hello".txt"#),
            (#"form-data; name="file"; x; y=; filename="name=\"key\"; a" ; z"#, #"name="key"; a"#),
            (#"form-data; name="file"; filename="open"#, "open"),
            (#"form-data; name="file""#, ""),
        ])
    func fileNames(_ disposition: String, _ name: String) throws {
        var reader = FormReader(boundary: "b", limit: 1000)
        _ = try reader.take(Array("--b\r\nContent-Disposition: \(disposition)\r\n\r\nx".utf8))
        #expect(reader.file?.name == name)
    }

    @Test(
        arguments: [
            ("multipart/form-data; boundary=\"a;b\"; x=y", "a;b"),
            ("multipart/form-data; boundary=abc", "abc"),
            ("Multipart/Form-Data; charset=utf-8; boundary=\"a b\"", "a b"),
            ("multipart/form-data", nil), ("application/x-www-form-urlencoded", nil),
        ] as [(String, String?)])
    func boundaries(_ type: String, _ boundary: String?) {
        #expect(FormReader.boundary(type) == boundary)
    }
}
