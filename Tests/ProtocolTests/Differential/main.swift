import Foundation

// wire-probe                                             answers framed commands on standard input
// wire-probe fuzz --protocol X --count N [--seed S]      spoils requests of one protocol
func option(_ name: String) -> String? {
    CommandLine.arguments.firstIndex(of: name).flatMap {
        $0 + 1 < CommandLine.arguments.count ? CommandLine.arguments[$0 + 1] : nil
    }
}

func readExactly(_ count: Int) -> Data? {
    var data = Data()
    while data.count < count {
        guard let more = try? FileHandle.standardInput.read(upToCount: count - data.count), !more.isEmpty else {
            return nil
        }
        data += more
    }
    return data
}

if CommandLine.arguments.dropFirst().first == "fuzz" {
    guard let subject = option("--protocol").flatMap(Fuzzer.Subject.init),
        let count = option("--count").flatMap({ Int($0) })
    else {
        print(
            "wire-probe fuzz --protocol \(Fuzzer.Subject.allCases.map(\.rawValue).joined(separator: "|")) --count N [--seed S]"
        )
        exit(64)
    }
    do {
        let started = ContinuousClock.now
        var fuzzer = Fuzzer(subject, seed: option("--seed").flatMap { UInt64($0) } ?? 1)
        try fuzzer.run(count: count)
        print("\(subject): \(count) inputs in \(ContinuousClock.now - started), \(fuzzer.readable) still readable")
    } catch {
        print("\(error)")
        exit(1)
    }
} else {
    let probe = Probe()
    while let head = readExactly(4), let body = readExactly(head.reduce(0) { $0 << 8 | Int($1) }) {
        let command = (try? JSONSerialization.jsonObject(with: body)) as? Probe.Command ?? [:]
        let answer = (try? JSONSerialization.data(withJSONObject: probe.answer(command))) ?? Data("{}".utf8)
        FileHandle.standardOutput.write(withUnsafeBytes(of: UInt32(answer.count).bigEndian) { Data($0) } + answer)
    }
}
