import Glibc
import Synchronization

/// Where a program tells what happened: one event per line, a fixed message and `key=value` fields.
package struct Journal: Sendable {
    private let sink: any JournalSink

    package init(sink: any JournalSink) { self.sink = sink }

    /// Writes to standard error.
    ///
    /// Lines carry a priority (`<6>`) when the journal reads them, or when `CLVD_LOG_PRIORITY=1`
    /// asks for it.
    package static func standardError(environment: [String: String]) -> Journal {
        let prefixed =
            environment["CLVD_LOG_PRIORITY"] == "1"
            || isJournal(descriptor: STDERR_FILENO, stream: environment["JOURNAL_STREAM"])
        return Journal(sink: DescriptorSink(descriptor: STDERR_FILENO, prefixed: prefixed))
    }

    package typealias Fields = KeyValuePairs<String, any CustomStringConvertible>

    package func error(_ message: StaticString, _ fields: Fields = [:]) {
        write(.error, message, fields)
    }
    package func warning(_ message: StaticString, _ fields: Fields = [:]) {
        write(.warning, message, fields)
    }
    package func notice(_ message: StaticString, _ fields: Fields = [:]) {
        write(.notice, message, fields)
    }
    package func info(_ message: StaticString, _ fields: Fields = [:]) {
        write(.info, message, fields)
    }

    package func write(_ priority: Priority, _ message: StaticString, _ fields: Fields = [:]) {
        write(priority, message, fields.map { ($0, $1) })
    }

    /// The same, for fields that depend on the event.
    package func write(
        _ priority: Priority,
        _ message: StaticString,
        _ fields: [(String, any CustomStringConvertible)]
    ) {
        var line = message.description
        for (key, value) in fields { line += " \(key)=\(quoted(value.description))" }
        sink.write(priority, line)
    }
}

/// The priorities of syslog(3) that are used here.
package enum Priority: Int, Sendable {
    case error = 3
    case warning = 4
    case notice = 5
    case info = 6
    case debug = 7

    /// Splits a `<N>` prefix off a line that another program wrote.
    package static func split(_ line: some StringProtocol) -> (Priority?, String) {
        let bytes = Array(line.utf8.prefix(3))
        guard bytes.count == 3, bytes[0] == 60, bytes[2] == 62,
            let priority = Priority(rawValue: Int(bytes[1]) - 48)
        else { return (nil, String(line)) }
        return (priority, String(line.dropFirst(3)))
    }
}

/// Takes finished lines.
package protocol JournalSink: Sendable {
    func write(_ priority: Priority, _ line: String)
}

/// Writes lines to a descriptor, each with one call, so that lines of several processes do not mix.
package struct DescriptorSink: JournalSink {
    private let descriptor: Int32
    private let prefixed: Bool

    package init(descriptor: Int32, prefixed: Bool) {
        self.descriptor = descriptor
        self.prefixed = prefixed
    }

    package func write(_ priority: Priority, _ line: String) {
        let bytes = Array(((prefixed ? "<\(priority.rawValue)>" : "") + line + "\n").utf8)
        unsafe bytes.withUnsafeBytes { buffer in
            // A log that cannot be written has nowhere to complain.
            _ = unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
        }
    }
}

/// Keeps lines, for tests.
package final class RecordingSink: JournalSink {
    private let kept = Mutex<[String]>([])

    package init() {}

    package var lines: [String] { kept.withLock { $0 } }

    package func write(_ priority: Priority, _ line: String) {
        kept.withLock { $0.append("<\(priority.rawValue)>\(line)") }
    }
}

/// `JOURNAL_STREAM` names the device and inode of the journal's socket; a redirected standard error
/// is another file although the variable is set.
private func isJournal(descriptor: Int32, stream: String?) -> Bool {
    guard let parts = stream?.split(separator: ":"), parts.count == 2 else { return false }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return false }
    return parts[0] == String(status.st_dev) && parts[1] == String(status.st_ino)
}
