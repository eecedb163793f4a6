import Glibc
import JSONCoding
import Testing

@testable import Subprocess

@Suite(.timeLimit(.minutes(1))) struct SubprocessTests {
    private func shell(_ script: String) -> Command {
        Command("/bin/sh", ["-c", script], environment: ["PATH=/usr/bin:/bin", "GREETING=hello"])
    }

    private func lines(of command: Command) throws -> ([String], Termination) {
        var command = command
        command.output = .pipe
        let child = try command.start()
        var buffer = LineBuffer()
        var found: [String] = []
        while try child.output?.read(into: &buffer) != .end {
            while let line = try buffer.next() {
                found.append(String(decoding: line, as: UTF8.self))
            }
        }
        if let last = buffer.rest() { found.append(String(decoding: last, as: UTF8.self)) }
        return (found, try child.wait())
    }

    @Test("a child's lines and exit code come back, the last line without an end too")
    func linesAndCode() throws {
        let (found, end) = try lines(of: shell("echo one; printf 'two'; exit 75"))
        #expect(found == ["one", "two"])
        #expect(end == .exited(75))
    }

    @Test("the environment is the given one and nothing else")
    func environment() throws {
        let (found, _) = try lines(of: shell("echo $GREETING-$HOME"))
        #expect(found == ["hello-"])
    }

    @Test("the input holds its bytes before the child starts, and stays open")
    func input() throws {
        var command = shell("read line; echo got $line; read more; echo ended")
        command.input = .pipe(holding: Array("plan\n".utf8))
        command.output = .pipe
        var child = try command.start()
        var buffer = LineBuffer()
        _ = try child.output?.read(into: &buffer)
        #expect(try buffer.next() == Array("got plan".utf8))
        child.input = nil
        _ = try child.output?.read(into: &buffer)
        #expect(try buffer.next() == Array("ended".utf8))
        #expect(try child.wait() == .exited(0))
    }

    @Test("an input larger than a usual pipe fits, one beyond the system's limit is an error")
    func largeInput() throws {
        var command = shell("wc -c")
        command.input = .pipe(holding: [UInt8](repeating: 65, count: 900_000))
        command.output = .pipe
        var child = try command.start()
        child.input = nil
        var buffer = LineBuffer()
        _ = try child.output?.read(into: &buffer)
        #expect(try buffer.next() == Array("900000".utf8))
        _ = try child.wait()
    }

    @Test("a child inherits no descriptor of ours, and can be given a fourth")
    func descriptors() throws {
        let kept = unsafe open("/dev/null", O_RDONLY)
        defer { close(kept) }
        let target = try Descriptor.pipe()
        // The shell looks by itself: a child of its own would need descriptors for a moment.
        var command = shell(
            "echo table >&3; n=0; while [ $n -lt 100 ]; do"
                + " [ -e /proc/$$/fd/$n ] && printf '%s ' $n; n=$((n + 1)); done"
        )
        command.extraDescriptor = target.writeEnd.number
        let (found, _) = try lines(of: command)
        #expect(found == ["0 1 2 3 "])
        var buffer = LineBuffer()
        _ = try target.readEnd.read(into: &buffer)
        #expect(try buffer.next() == Array("table".utf8))
    }

    @Test("our standard output can be the fourth descriptor while the child's own is a pipe")
    func descriptorsInTheWay() throws {
        var target = [CChar](repeating: 0, count: 4096)
        let length = unsafe readlink("/proc/self/fd/1", &target, target.count)
        let ours = target.prefix(max(0, length)).map { UInt8(bitPattern: $0) }
        var command = shell("readlink /proc/$$/fd/3")
        command.extraDescriptor = 1
        let (found, end) = try lines(of: command)
        #expect(found == [String(decoding: ours, as: UTF8.self)] && end == .exited(0))
    }

    @Test("a signal that we block is not blocked in the child")
    func signals() throws {
        var blocked = sigset_t()
        var before = sigset_t()
        unsafe sigemptyset(&blocked)
        unsafe sigaddset(&blocked, SIGTERM)
        unsafe pthread_sigmask(SIG_BLOCK, &blocked, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        let (found, end) = try lines(of: shell("kill -TERM $$; echo survived"))
        #expect(found.isEmpty)
        #expect(end == .killed(signal: SIGTERM))
    }

    @Test("a signal to a group reaches the child's children")
    func group() throws {
        var command = shell("sleep 100 & echo ready; wait")
        command.ownGroup = true
        command.output = .pipe
        let child = try command.start()
        var buffer = LineBuffer()
        _ = try child.output?.read(into: &buffer)
        child.send(signal: SIGTERM)
        // The end of the pipe comes when the sleep, which holds it too, is gone.
        #expect(try child.output?.read(into: &buffer) == .end)
        #expect(try child.wait() == .killed(signal: SIGTERM))
    }

    @Test("a pipe that does not block says that there is nothing yet")
    func nonBlocking() throws {
        var command = shell("sleep 100")
        command.output = .pipe
        command.nonBlocking = true
        let child = try command.start()
        var buffer = LineBuffer()
        #expect(try child.output?.read(into: &buffer) == .nothingYet)
        child.send(signal: SIGKILL)
        #expect(try child.wait() == .killed(signal: SIGKILL))
    }

    @Test("a program that does not exist is named, with the reason")
    func missing() {
        let command = Command("/nowhere/clv-worker", environment: [])
        let error = #expect(throws: SubprocessError.self) { _ = try command.start().pid }
        #expect(error?.message == "could not start \"/nowhere/clv-worker\"")
        #expect(error?.cause == "No such file or directory")
    }

    @Test("a worker that was given and is not there is an error that says where it was looked for")
    func worker() throws {
        #expect(try WorkerLocation.find(given: "/bin/sh") == "/bin/sh")
        let error = #expect(throws: SubprocessError.self) {
            try WorkerLocation.find(given: "/nowhere/x")
        }
        #expect(error?.cause == "looked for /nowhere/x")
    }
}

@Suite struct LineBufferTests {
    @Test("lines come out whole, however the bytes were cut")
    func cuts() throws {
        let text = Array("one\n\nthree\nlast".utf8)
        for size in 1...text.count {
            var buffer = LineBuffer()
            var found: [String] = []
            for start in stride(from: 0, to: text.count, by: size) {
                buffer.append(text[start..<min(text.count, start + size)])
                while let line = try buffer.next() {
                    found.append(String(decoding: line, as: UTF8.self))
                }
            }
            #expect(found == ["one", "", "three"])
            #expect(buffer.rest() == Array("last".utf8))
            #expect(buffer.rest() == nil)
        }
    }

    @Test("a line over 1 MiB is an error, one of exactly 1 MiB is not")
    func bound() throws {
        var buffer = LineBuffer()
        buffer.append([UInt8](repeating: 65, count: LineBuffer.longestLine))
        #expect(try buffer.next() == nil)
        var longer = buffer
        buffer.append([10])
        #expect(try buffer.next()?.count == LineBuffer.longestLine)
        longer.append([65])
        #expect(throws: LineBuffer.TooLong.self) { try longer.next() }
    }
}
