import Domain
import Glibc
import JSONCoding
import Subprocess
import Testing
import WorkerContract

/// What a program left behind.
struct Ending {
    var code: Int32
    var output: [String]
    var errors: String

    /// The error of a worker's last event.
    func problem() throws -> ProblemReport { try #require(try result().error) }

    /// A worker's last event.
    func result() throws -> RunResult {
        let line = try #require(output.last, "no event came; \(errors)")
        let event = try JSONCoding.decode(Event.self, from: line.utf8)
        guard case .result(let result) = event.content else {
            throw Surprise("the last event is no result: \(line)\n\(errors)")
        }
        return result
    }
}

struct Surprise: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The programs that were built with this test.
enum Programs {
    static let folder: String = {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe readlink("/proc/self/exe", &target, target.count)
        let path = target.prefix(max(0, length)).map { UInt8(bitPattern: $0) }
        return String(decoding: path[..<(path.lastIndex(of: 47) ?? 0)], as: UTF8.self)
    }()

    /// Carries out a plan; `wrapper` is a command that starts the worker.
    static func work(on plan: Plan, wrapper: [String] = []) throws -> Ending {
        try work(onLine: try JSONCoding.encode(plan), wrapper: wrapper)
    }

    /// Runs a worker with this first line of its standard input, which stays open.
    static func work(onLine line: [UInt8], wrapper: [String] = []) throws -> Ending {
        let words = wrapper + [folder + "/clv-worker"]
        return try run(words, input: .pipe(holding: line + [10]))
    }

    /// Runs shell lines in which `clvctl` and `clv-worker` are commands.
    static func shell(_ lines: String) throws -> Ending {
        let functions = """
            clvctl() { '\(folder)/clvctl' "$@"; }
            clv_worker() { '\(folder)/clv-worker' "$@"; }
            """
        return try run(["/bin/sh", "-c", functions + "\n" + lines], input: .nothing)
    }

    private static func run(_ words: [String], input: Command.Input) throws -> Ending {
        var command = Command(
            words[0],
            Array(words.dropFirst()),
            environment: [
                "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8",
                "SWIFT_BACKTRACE=enable=no", "TZ=UTC",
            ]
        )
        command.input = input
        command.output = .pipe
        command.errors = .pipe
        var child = try command.start()
        guard let output = child.output.take(), let errors = child.errors.take() else {
            throw Surprise("no pipes")
        }
        // Little is said on standard error, so that one pipe can be read after the other.
        let lines = try allLines(output)
        let words = try allLines(errors).joined(separator: "\n")
        switch try child.wait() {
        case .exited(let code): return Ending(code: code, output: lines, errors: words)
        case .killed(let signal): throw Surprise("killed by signal \(signal): \(words)")
        }
    }

    private static func allLines(_ descriptor: borrowing Descriptor) throws -> [String] {
        var buffer = LineBuffer()
        var lines: [String] = []
        while try descriptor.read(into: &buffer) != .end {
            while let line = try buffer.next() {
                lines.append(String(decoding: line, as: UTF8.self))
            }
        }
        if let last = buffer.rest() { lines.append(String(decoding: last, as: UTF8.self)) }
        return lines
    }
}

/// How a piece of bad input is refused: the whole of what a person gets to see.
struct Refusal: Sendable, CustomTestStringConvertible {
    /// What is tried: a query, a file's text, a setting.
    var input: String
    var exit: ExitCode
    var error: ProblemReport

    init(
        _ input: String,
        _ exit: ExitCode,
        _ code: String,
        _ message: String,
        cause: String? = nil,
        fix: String?
    ) {
        self.input = input
        self.exit = exit
        error = ProblemReport(code: code, message: message, cause: cause, fix: fix)
    }

    var testDescription: String { "\(error.code): \(input.prefix(60))" }

    /// With names that only the test knows put in.
    func naming(_ names: [String: String]) -> ProblemReport {
        func named(_ text: String) -> String {
            names.reduce(text) { $0.replacing($1.key, with: $1.value) }
        }
        return ProblemReport(
            code: error.code,
            message: named(error.message),
            cause: error.cause.map(named),
            fix: error.fix.map(named)
        )
    }
}
