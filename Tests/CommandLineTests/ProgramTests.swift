import ControlAPI
import Glibc
import JSONCoding
import Subprocess
import TestSockets
import Testing

/// The program itself, in a shell, as people use it.
@Suite(.timeLimit(.minutes(1))) struct ProgramTests {
    /// What was built beside these tests.
    private static var program: String {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe readlink("/proc/self/exe", &target, target.count)
        let path = target.prefix(max(0, length)).map { UInt8(bitPattern: $0) }
        let directory = path[..<(path.lastIndex(of: 47) ?? 0)]
        return String(decoding: directory, as: UTF8.self) + "/clvctl"
    }

    /// Both streams of a shell line in which `clvctl` is a command.
    private func shell(_ line: String, _ variables: [String] = []) throws -> String {
        var command = Command(
            "/bin/sh",
            ["-c", "clvctl() { \"$CLVCTL\" \"$@\"; }\nexec 2>&1\n\(line)"],
            environment: [
                "PATH=/usr/bin:/bin", "CLVCTL=\(ProgramTests.program)",
                "CLV_WORKER=\(WorkerTests.worker)",
            ] + variables
        )
        command.output = .pipe
        let child = try command.start()
        var buffer = LineBuffer()
        var text = ""
        while try child.output?.read(into: &buffer) != .end {
            while let line = try buffer.next() {
                text += String(decoding: line, as: UTF8.self) + "\n"
            }
        }
        if let last = buffer.rest() { text += String(decoding: last, as: UTF8.self) }
        _ = try child.wait()
        return text
    }

    @Test("without a service it ends with 3, with a full disk with 1, with nonsense with 2")
    func codes() throws {
        #expect(
            try shell("clvctl status --socket /nowhere/s >/dev/null; echo $?").hasSuffix("\n3\n")
        )
        #expect(try shell("clvctl help > /dev/full; echo $?").hasSuffix("\n1\n"))
        #expect(try shell("clvctl nonsense; echo $?").hasSuffix("\n2\n"))
        #expect(try shell("clvctl help exit-codes | tail -1").hasPrefix("Codes may be added"))
    }

    @Test(
        "a socket that this user must not open ends with 6 and the group to join",
        .enabled(if: geteuid() == 0, "only root can become somebody else")
    )
    func notPermitted() throws {
        let server = try service([("GET /v1/status", 200, "{}")])
        let text = try shell(
            """
            chmod 600 \(server.path); chmod 711 $(dirname \(server.path))
            cp "$CLVCTL" $(dirname \(server.path))/clvctl; chmod 755 $(dirname \(server.path))/clvctl
            setpriv --reuid=65534 --regid=65534 --clear-groups $(dirname \(server.path))/clvctl \
            status --socket \(server.path); echo $?
            rm $(dirname \(server.path))/clvctl
            """
        )
        #expect(text.contains("this user cannot open") && text.hasSuffix("\n6\n"), "\(text)")
        #expect(text.contains("fix    sudo usermod -aG clvd $USER, then log in again"))
    }

    @Test("a table goes to standard output, and a reader that leaves early is no trouble")
    func head() throws {
        let words = "pipeline f.csv --customer c --time d"
        let ok =
            #"{"schema":"clvd.event/1","run_id":"r","at":"2026-01-01T00:00:00.000Z","#
            + #""type":"result","status":"succeeded","models":[],"totals":[]}"#
        let whole = try shell(
            "clvctl \(words) 2>/dev/null; echo $?",
            ["SCRIPT=echo table >&3; echo '\(ok)'"]
        )
        #expect(whole == "table\n0\n")
        let cut = try shell(
            "{ clvctl \(words); echo $? >&2; } | head -1",
            ["SCRIPT=while echo row; do :; done >&3 2>/dev/null; exit 1"]
        )
        #expect(Set(cut.split(separator: "\n")) == ["row", "141"])
    }
}
