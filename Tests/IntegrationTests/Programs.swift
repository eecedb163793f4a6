import Glibc
import JSONCoding
import Subprocess

/// The programs that were built with this test.
enum Programs {
    static let folder: String = {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe readlink("/proc/self/exe", &path, path.count)
        let bytes = path.prefix(max(0, length)).map { UInt8(bitPattern: $0) }
        return "/"
            + String(decoding: bytes, as: UTF8.self).split(separator: "/").dropLast()
            .joined(separator: "/")
    }()

    static let environment = ["PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8"]

    /// What a program left behind.
    struct Outcome {
        var code: Int32
        /// Standard output and standard error, as they came.
        var text: String
    }

    /// Runs a program to its end, which comes within `seconds`.
    static func run(_ name: String, _ words: [String], seconds: Int = 60) throws -> Outcome {
        let limit = ["-k", "1", "\(seconds)"]
        var command = Command(
            "/usr/bin/timeout",
            limit + [
                "/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&1",
                name.hasPrefix("/") ? name : "\(folder)/\(name)",
            ] + words,
            environment: environment
        )
        command.output = .pipe
        let child = try command.start()
        var buffer = LineBuffer()
        var lines: [String] = []
        while try child.output?.read(into: &buffer) != .end {
            while let line = try buffer.next() {
                lines.append(String(decoding: line, as: UTF8.self))
            }
        }
        if let last = buffer.rest() { lines.append(String(decoding: last, as: UTF8.self)) }
        let text = lines.joined(separator: "\n")
        switch try child.wait() {
        case .exited(124): throw Surprise("\(name) \(words) did not end in \(seconds) s: \(text)")
        case .exited(let code): return Outcome(code: code, text: text)
        case .killed(let signal): throw Surprise("\(name) was killed by \(signal): \(text)")
        }
    }
}

/// Something that a test did not expect, so that it cannot go on.
struct Surprise: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Asks until the answer is there; `context` is shown when it does not come in time.
@discardableResult
func waitFor<Answer>(
    _ what: String,
    seconds: Double = 60,
    context: () -> String = { "" },
    _ ask: () throws -> Answer?
) throws -> Answer {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
        if let answer = try ask() { return answer }
        guard ContinuousClock.now < deadline else {
            throw Surprise("waited \(seconds) s for \(what) in vain\n\(context())")
        }
        usleep(20_000)
    }
}
