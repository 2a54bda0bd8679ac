import Foundation
import Glibc
import Sandbox
import Testing

@testable import SandboxLinux

/// Functions and the internet, between network namespaces of the tests' own: one is the host, with the launcher in it;
/// the other is everything else, with a public address, a private one and a cloud's metadata address.
@Suite("The way to the internet")
struct InternetTests {
    /// Needs root, iproute2 and util-linux to build the two namespaces.
    static let modes: [Mode] = {
        func any(_ paths: [String]) -> Bool { paths.contains { access($0, X_OK) == 0 } }
        let hasTools =
            any(["/usr/bin/unshare"]) && any(["/usr/bin/python3"]) && any(["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"])
        return geteuid() == 0 && hasTools ? Mode.permitted : []
    }()

    /// The rest of the world: answers on TCP port 8080 with what it got, and on port 53 with one address for all names; for
    /// those that begin with `big`, by TCP only, with more addresses than a datagram holds.
    private static let world = """
        import socket, subprocess, sys, threading
        sys.stdin.readline()
        def ip(*a): subprocess.check_call(("ip",) + a)
        ip("link", "set", "lo", "up"); ip("link", "set", "world", "up")
        for address in ("203.0.113.2/24", "10.1.1.2/24", "169.254.169.254/32"): ip("addr", "add", address, "dev", "world")
        ip("route", "add", "default", "via", "203.0.113.1")
        names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); names.bind(("203.0.113.2", 53))
        def answer(query, addresses, cut=0):
            end = query.index(b"\\0", 12) + 5
            if query[end - 3] != 1: addresses = []
            head = query[:2] + bytes((0x81 | cut << 1, 0x80, 0, 1)) + len(addresses).to_bytes(2, "big") + bytes(4) + query[12:end]
            return head + b"".join(b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4" + bytes(a) for a in addresses)
        def name_server():
            while True:
                query, asker = names.recvfrom(4096)
                big = query[12:16] == b"\\3big"
                names.sendto(answer(query, [] if big else [(203, 0, 113, 2)], big), asker)
        threading.Thread(target=name_server, daemon=True).start()
        streams = socket.socket(); streams.bind(("203.0.113.2", 53)); streams.listen(100)
        def stream_server():
            while True:
                connection = streams.accept()[0]
                size = int.from_bytes(connection.recv(2, socket.MSG_WAITALL), "big")
                told = answer(connection.recv(size, socket.MSG_WAITALL), [(203, 0, i >> 8, i & 255) for i in range(500)])
                connection.sendall(len(told).to_bytes(2, "big") + told); connection.close()
        threading.Thread(target=stream_server, daemon=True).start()
        listener = socket.socket(); listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0", 8080)); listener.listen(100)
        print("up", flush=True)
        def echo(connection):
            received = b""
            while part := connection.recv(65536): received += part
            connection.sendall(received[::-1]); connection.close()
        while True: threading.Thread(target=echo, args=(listener.accept()[0],)).start()
        """

    /// In the host's namespace: makes the other, starts the launcher, and ends with it. What else it starts dies with
    /// it.
    private static let host = """
        import ctypes, os, socket, subprocess, sys, time
        def die_together(): ctypes.CDLL(None).prctl(1, 9)
        def ip(*a): subprocess.check_call(("ip",) + a)
        ip("link", "set", "lo", "up")
        world = subprocess.Popen(["unshare", "--net", "/usr/bin/python3", "-u", "world.py"], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, preexec_fn=die_together)
        while os.readlink("/proc/%d/ns/net" % world.pid) == os.readlink("/proc/self/ns/net"): time.sleep(0.01)
        ip("link", "add", "host", "type", "veth", "peer", "name", "world")
        ip("link", "set", "world", "netns", str(world.pid))
        ip("link", "set", "host", "up")
        ip("addr", "add", "203.0.113.1/24", "dev", "host")
        ip("addr", "add", "10.1.1.1/24", "dev", "host")
        ip("route", "add", "169.254.169.254", "dev", "host")
        world.stdin.write(b"\\n"); world.stdin.flush(); world.stdout.readline()
        # Nobody is at the first.
        open("resolv.conf", "w").write("nameserver 203.0.113.9\\nnameserver 203.0.113.2\\n")
        subprocess.check_call(["mount", "--bind", "resolv.conf", "/etc/resolv.conf"])
        subprocess.Popen(["/usr/bin/python3", "-m", "http.server", "--bind", "0.0.0.0", "8080"], preexec_fn=die_together,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # All of them can be reached from the host itself.
        for address in ("203.0.113.1", "203.0.113.2", "10.1.1.1", "10.1.1.2", "169.254.169.254", "127.0.0.1"):
            while True:
                try: socket.create_connection((address, 8080), 5).close(); break
                except ConnectionRefusedError: time.sleep(0.01)
        launcher = os.fork()
        if launcher == 0: os.execv(sys.argv[1], sys.argv[1:])
        os.closerange(3, 10)
        os.waitpid(launcher, 0)
        """

    private func fixture(_ mode: Mode) async throws -> (SandboxFixture, String) {
        var template = Array("/var/tmp/martlet-world-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SandboxError.failed("mkdtemp") }
        let folder = String(cString: made)
        chmod(folder, 0o755)
        try Self.world.write(toFile: folder + "/world.py", atomically: false, encoding: .utf8)
        let script = "import os; os.chdir('\(folder)')\n" + Self.host
        let wrapper = ["/usr/bin/unshare", "--net", "--mount", "/usr/bin/python3", "-c", script]
        return (try await SandboxFixture(mode, wrapper: wrapper), folder)
    }

    private func probe(_ fixture: SandboxFixture, _ network: SandboxConfiguration.Network) async throws -> String {
        let program = """
            import socket
            for address in ("203.0.113.2", "example.org", "203.0.113.1", "10.1.1.1", "10.1.1.2", "169.254.169.254", "127.0.0.1"):
                try:
                    connection = socket.create_connection((address, 8080), 15)
                    connection.sendall(b"ab" * 300000); connection.shutdown(socket.SHUT_WR)
                    received = b""
                    while part := connection.recv(65536): received += part
                    if received == b"ba" * 300000: print(address)
                    elif received: print(address, "answers otherwise", received[:100])
                except OSError: pass
            for name in ("x.localhost", "sqs.us-east-1.amazonaws.com", "notamazonaws.com"):
                try: print(name, socket.gethostbyname(name))
                except OSError: print(name, "unknown")
            try: print(len({a[4] for a in socket.getaddrinfo("big.example.org", 80, socket.AF_INET, socket.SOCK_STREAM)}))
            except OSError as e: print(e.errno)
            """
        return try await fixture.run(
            fixture.configuration(["/usr/bin/python3", "-c", program], memory: 256, network: network)
        ).output
    }

    @Test("the public internet is reached; the host, its networks and metadata are not", arguments: modes)
    func internet(mode: Mode) async throws {
        let (fixture, folder) = try await fixture(mode)
        defer { removeTree(folder) }
        #expect(
            try await probe(fixture, .internet) == """
                203.0.113.2
                example.org
                x.localhost 127.0.0.1
                sqs.us-east-1.amazonaws.com 127.0.0.1
                notamazonaws.com 203.0.113.2
                500

                """)
        #expect(
            try await probe(fixture, .none) == """
                x.localhost 127.0.0.1
                sqs.us-east-1.amazonaws.com 127.0.0.1
                notamazonaws.com unknown
                -2

                """)
    }

    @Test("a gateway that was killed is replaced", arguments: modes)
    func replacement(mode: Mode) async throws {
        let (fixture, folder) = try await fixture(mode)
        defer { removeTree(folder) }
        let first = try await probe(fixture, .internet)
        for _ in 0..<2 {
            let gateway = try #require(Self.gateway(below: fixture.launcher.pid))
            #expect(kill(gateway, SIGKILL) == 0)
            #expect(try await probe(fixture, .internet) == first)
            // It was reaped too.
            #expect(kill(gateway, 0) < 0)
        }
    }

    private static func gateway(below ancestor: Int32) -> Int32? {
        let pids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
        func fields(_ pid: Int32) -> [Substring] {
            let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            return text?.split(separator: " ") ?? []
        }
        func descends(_ pid: Int32) -> Bool {
            var pid = pid
            while pid > 1, pid != ancestor { pid = fields(pid).dropFirst(3).first.flatMap { Int32($0) } ?? 0 }
            return pid == ancestor
        }
        return pids.first { fields($0).dropFirst().first == "(launcher-net)" && descends($0) }
    }
}
