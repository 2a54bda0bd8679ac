import Glibc
import Sandbox
import Testing

@testable import SandboxLinux

/// A function that is as hostile as can be, with root and without. Each test says what it tries.
@Suite("A hostile function")
struct AttackTests {
    @Test("does not read the host's files", arguments: Mode.permitted)
    func hostFiles(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let secret = fixture.dataFolder + "/secret"
        let file = try #require(fopen(secret, "w"))
        fputs("the secret", file)
        fclose(file)
        chmod(secret, 0o666)
        let outcome = try await fixture.shell(
            """
            for path in /etc/shadow /etc/ssh /root /home /work /var/lib /var/log /run /sys /boot /var/tmp \
                \(secret) /var/task/../secret /proc/1/root/etc/shadow /proc/self/cwd/../../secret; do
              test -e $path && echo "sees $path"
            done
            cat /proc/self/root\(secret) 2>/dev/null
            grep -v -e '^root:' -e '^nobody:' -e '^sbx_user1051:' /etc/passwd
            find / -xdev -name secret 2>/dev/null
            true
            """)
        #expect(outcome.output == "")
    }

    @Test("does not see or signal other processes", arguments: Mode.permitted)
    func otherProcesses(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let neighbour = try await fixture.start(fixture.configuration(["/bin/sleep", "1000"]))
        let outcome = try await fixture.python(
            """
            import os, signal
            me = os.getpid()
            print(sorted(int(p) for p in os.listdir("/proc") if p.isdigit()) == [me])
            for pid in [1, os.getppid()] + list(range(3, 40000)):
                if pid in (0, me): continue
                for number in (0, signal.SIGKILL, signal.SIGSTOP):
                    try: os.kill(pid, number)
                    except OSError: continue
                    if pid != 1: print("signalled", pid)
            for name in ("mem", "environ", "maps", "root", "cwd", "fd", "ns/mnt", "stack", "syscall"):
                try: os.stat("/proc/1/" + name); print("sees", name)
                except OSError: pass
            print("alive")
            """)
        #expect(outcome.output == "True\nalive\n")
        #expect(outcome.exit.status == .code(0))
        // The neighbour has not been touched.
        await neighbour.kill()
        #expect(await neighbour.exit().status == .signal(SIGKILL))
    }

    @Test("does not reach the host's ports, its abstract sockets, or another sandbox", arguments: Mode.permitted)
    func network(mode: Mode) async throws {
        let host = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(host) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(host, $0, length)
                listen(host, 1)
                getsockname(host, $0, &length)
            }
        }
        let port = UInt16(bigEndian: address.sin_port)
        let fixture = try await SandboxFixture(mode)
        let neighbour = try await fixture.start(
            fixture.configuration(
                [
                    "/usr/bin/python3", "-c",
                    "import socket; s=socket.socket(socket.AF_UNIX); s.bind(b'\\0neighbour'); s.listen(); print(1, flush=True); s.accept()",
                ],
                ports: [9001]))
        let ready = try #require(neighbour.takeOutput())
        await waitReadable(ready)
        let outcome = try await fixture.python(
            """
            import socket
            for address in ("127.0.0.1", "192.0.2.2", "169.254.169.254", "10.0.0.1", "8.8.8.8"):
                for port in (\(port), 9001):
                    s = socket.socket(); s.settimeout(1)
                    try: s.connect((address, port)); print("reached", address, port)
                    except OSError: pass
            try: socket.socket(socket.AF_UNIX).connect(b'\\0neighbour'); print("reached the neighbour")
            except OSError: pass
            for family, kind, protocol in ((socket.AF_PACKET, socket.SOCK_RAW, 3), (socket.AF_INET, socket.SOCK_RAW, 1),
                                           (socket.AF_VSOCK, socket.SOCK_STREAM, 0), (socket.AF_NETLINK, socket.SOCK_RAW, 12)):
                try: socket.socket(family, kind, protocol); print("made", family)
                except OSError: pass
            print(socket.if_nameindex(), socket.gethostbyname("localhost"))
            """)
        #expect(outcome.output == "[(1, 'lo')] 127.0.0.1\n")
        await neighbour.kill()
        close(ready)
    }

    @Test("gains no privileges", arguments: Mode.permitted)
    func privileges(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let outcome = try await fixture.python(
            """
            import ctypes, os, subprocess
            status = dict(line.split(":", 1) for line in open("/proc/self/status"))
            print(*(status[name].strip() for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp")))
            libc = ctypes.CDLL(None, use_errno=True)
            for name in ("setuid", "setgid"):
                if getattr(libc, name)(0) == 0: print("became root by", name)
            for program in ("/usr/bin/su", "/usr/bin/mount", "/usr/bin/passwd", "/usr/bin/newgrp", "/usr/bin/chsh"):
                if not os.path.exists(program): continue
                mask = subprocess.run([program, "--help"], capture_output=True)
            out = subprocess.run(["/usr/bin/python3", "-c", "import os; print(os.geteuid() == 0)"], capture_output=True)
            print(out.stdout.decode().strip())
            def refused(call, *arguments):
                return libc.syscall(call, *arguments) < 0
            calls = {"unshare": (272, 0x10000000), "setns": (308, 3, 0), "mount": (165, b"none", b"/tmp", b"tmpfs", 0, 0),
                     "umount": (166, b"/proc", 2), "pivot_root": (155, b"/tmp", b"/tmp"), "chroot": (161, b"/tmp"),
                     "clone": (56, 0x10000000 | 17, 0, 0, 0, 0), "clone3": (435, 0, 0), "ptrace": (101, 0, 0, 0, 0),
                     "bpf": (321, 0, 0, 0), "perf_event_open": (298, 0, 0, -1, -1, 0), "keyctl": (250, 0, -3, 1),
                     "add_key": (248, b"user", b"a", b"b", 1, -3), "userfaultfd": (323, 0), "io_uring_setup": (425, 1, 0),
                     "open_by_handle_at": (304, -100, 0, 0), "name_to_handle_at": (303, -100, b"/", 0, 0, 0),
                     "init_module": (175, 0, 0, 0), "kexec_load": (246, 0, 0, 0, 0), "reboot": (169, 0, 0, 0, 0),
                     "sethostname": (170, b"x", 1), "settimeofday": (164, 0, 0), "iopl": (172, 3), "syslog": (103, 3, 0, 0),
                     "process_vm_readv": (310, 1, 0, 0, 0, 0, 0), "open_tree": (428, -100, b"/", 1), "fsopen": (430, b"tmpfs", 0),
                     "move_mount": (429, 0, 0, 0, 0, 0), "pidfd_getfd": (438, 0, 0, 0), "swapon": (167, b"/tmp/x", 0)}
            if os.uname().machine == "x86_64":
                for name, arguments in calls.items():
                    if not refused(*arguments): print("may", name)
            """)
        #expect(outcome.output == "\(zeros) 1 2\nFalse\n")
    }

    private var zeros: String { Array(repeating: "0000000000000000", count: 5).joined(separator: " ") }

    @Test("a second architecture's system calls end it", arguments: Mode.permitted)
    func foreignSystemCalls(mode: Mode) async throws {
        #if arch(x86_64)
        let fixture = try await SandboxFixture(mode)
        // mov eax, 20; int 0x80; ret — getpid by the 32-bit gate.
        let outcome = try await fixture.python(
            """
            import ctypes, mmap
            page = mmap.mmap(-1, 4096, prot=7)
            page.write(bytes([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3]))
            ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
            print("lives")
            """)
        #expect(outcome.output == "")
        #expect(outcome.exit.status == .signal(SIGSYS) || outcome.exit.status == .signal(SIGSEGV))
        #endif
    }

    @Test("changes neither its code nor anything else but /tmp", arguments: Mode.permitted)
    func writes(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode, files: ["app.py": "original"])
        let outcome = try await fixture.shell(
            """
            for folder in / /var/task /var/runtime /var/lang /opt /usr /usr/bin /etc /etc/ssl /dev /proc /proc/sys /proc/sys/kernel /var; do
              (echo x > $folder/x) 2>/dev/null && echo "wrote to $folder"
            done
            (echo x > /var/task/app.py) 2>/dev/null && echo "wrote to the code"
            rm -f /var/task/app.py 2>/dev/null; chmod 777 /var/task/app.py 2>/dev/null && echo "changed the code's mode"
            for file in kernel/core_pattern kernel/hostname vm/drop_caches kernel/panic net/ipv4/ip_forward; do
              (echo x > /proc/sys/$file) 2>/dev/null && echo "wrote $file"
            done
            (echo c > /proc/sysrq-trigger) 2>/dev/null && echo "wrote sysrq-trigger" && test ! -c /proc/sysrq-trigger && echo "really"
            (echo -900 > /proc/self/oom_score_adj) 2>/dev/null && echo "wrote oom_score_adj"
            mknod /tmp/null c 1 3 2>/dev/null && echo "made a device"
            mknod /tmp/disk b 254 0 2>/dev/null && echo "made a device"
            ls /dev | tr '\\n' ' '
            echo y > /tmp/y && cat /tmp/y /var/task/app.py
            """)
        let expected = "fd full null random stderr stdin stdout urandom zero y\noriginal"
        // Where /proc/sysrq-trigger is covered by /dev/null, the write goes nowhere.
        #expect(outcome.output.replacing("wrote sysrq-trigger\n", with: "") == expected)
    }

    @Test("shares no System V memory, message queues or keys with its neighbour", arguments: Mode.permitted)
    func interprocess(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let program = """
            import ctypes, os, sys
            libc = ctypes.CDLL(None, use_errno=True)
            print(libc.shmget(4711, 4096, 0o600 if sys.argv[1] == "look" else 0o1666) >= 0, flush=True)
            if sys.argv[1] != "look": sys.stdin = None; import time; time.sleep(1000)
            """
        let first = try await fixture.start(
            fixture.configuration(["/usr/bin/python3", "-c", program, "make"]))
        let output = try #require(first.takeOutput())
        await waitReadable(output)
        let second = try await fixture.run(fixture.configuration(["/usr/bin/python3", "-c", program, "look"]))
        #expect(second.output == "False\n")
        await first.kill()
        #expect(await readAll(output) == "True\n")
    }

    @Test("leaves nothing behind that lives on", arguments: Mode.permitted)
    func daemons(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        // Modes are tested at the same time.
        let marker = "31\(getpid())\(Mode.allCases.firstIndex(of: mode) ?? 0)"
        let outcome = try await fixture.python(
            """
            import os, time
            for _ in range(5):
                if os.fork() == 0:
                    os.setsid()
                    if os.fork() == 0:
                        os.execv("/bin/sleep", ["sleep", "\(marker)"])
                    os._exit(0)
            time.sleep(0.2)
            print("ends")
            """)
        #expect(outcome.output == "ends\n")
        #expect(!processesOfHost().contains { $0.contains("sleep\0\(marker)") })
    }

    @Test("does not disturb the name server", arguments: Mode.permitted)
    func names(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let outcome = try await fixture.python(
            """
            import os, random, socket
            server = ("127.0.0.1", 53)
            query = bytes.fromhex("123401000001000000000000") + b"\\1x\\x09localhost\\0" + bytes.fromhex("00010001")
            probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); probe.settimeout(5)
            for round in range(3000):
                bad = bytearray(query)
                for _ in range(random.randint(1, 4)): bad[random.randrange(len(bad))] = random.choice((0, 0x3f, 0x40, 0xc0, 0xff))
                probe.sendto(bytes(bad[:random.randrange(len(bad) + 1)]), server)
                if round % 100 == 0: probe.sendto(os.urandom(9000), server)
            probe.close()
            probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); probe.settimeout(1)
            for _ in range(20):
                try: probe.sendto(query, server); print(probe.recv(512)[-4:].hex()); break
                except TimeoutError: pass
            """)
        #expect(outcome.output == "7f000001\n")
    }

    @Test("does not disturb the name server by TCP either", arguments: Mode.permitted)
    func namesByStreams(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let outcome = try await fixture.python(
            """
            import os, random, socket, struct
            server = ("127.0.0.1", 53)
            query = bytes.fromhex("123401000001000000000000") + b"\\1x\\x09localhost\\0" + bytes.fromhex("00010001")
            def read(s, size):
                data = b""
                while len(data) < size and (part := s.recv(size - len(data))): data += part
                return data
            def ask(s): s.sendall(struct.pack(">H", len(query)) + query); return read(s, 2 + len(query) + 16)[-4:].hex()
            kept = []
            for round in range(300):
                s = socket.create_connection(server, 5)
                try: s.sendall((b"", b"\\0", b"\\0\\0", b"\\xff\\xff" + bytes(70000), os.urandom(50), b"\\0\\x0c" + bytes(12))[round % 6])
                except OSError: pass
                # More than may be open; some are reset, some closed, some left.
                if round % 3 == 0: s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); s.close()
                elif round % 3 == 1: kept.append(s)
            print(len(kept))
            with socket.create_connection(server, 5) as s: print(ask(s), ask(s))
            # Asks and never reads: it waits for itself alone.
            deaf = socket.create_connection(server, 5); deaf.setblocking(False)
            try:
                while True: deaf.send((struct.pack(">H", len(query)) + query) * 1000)
            except BlockingIOError: pass
            with socket.create_connection(server, 5) as s: print(ask(s))
            print(socket.gethostbyname("x.localhost"))
            """)
        #expect(outcome.output == "100\n7f000001 7f000001\n7f000001\n127.0.0.1\n")
    }

    @Test("learns nothing of the host from /proc", arguments: Mode.permitted)
    func procFiles(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let outcome = try await fixture.shell(
            """
            for file in kallsyms kcore keys key-users kmsg timer_list slabinfo vmallocinfo iomem config.gz modules sched_debug; do
              test -s /proc/$file && echo "sees $file"
              head -c 1 /proc/$file 2>/dev/null | od -An -c
            done
            ls /proc/irq /proc/bus /proc/fs /proc/acpi 2>/dev/null | grep -v : | tr -d '\\n'
            cat /proc/self/cgroup | cut -d: -f3 | sort -u
            hostname
            """)
        #expect(outcome.output == "/\n169.254.100.6\n")
    }
}

/// The command lines of every process that this one can see.
func processesOfHost() -> [String] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var lines: [String] = []
    while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        guard Int(name) != nil, let file = fopen("/proc/\(name)/cmdline", "r") else { continue }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let size = fread(&bytes, 1, bytes.count, file)
        fclose(file)
        lines.append(String(decoding: bytes[..<size], as: UTF8.self))
    }
    return lines
}
