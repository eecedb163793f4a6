import FileSystem
import Glibc

/// What the kernel says about processes.
package enum Processes {
    package static func children(of process: Int32) -> [Int32] {
        let path = "/proc/\(process)/task/\(process)/children"
        let text = (try? FileSystem.read(path)) ?? []
        return String(decoding: text, as: UTF8.self).split(separator: " ").compactMap { Int32($0) }
    }

    /// Whether it exists and is more than an entry that nobody has collected.
    package static func isAlive(_ process: Int32) -> Bool {
        state(of: process).map { $0 != "Z" && $0 != "X" } ?? false
    }

    /// `R` running, `S` sleeping, `T` stopped, `Z` ended; nil when there is none.
    package static func state(of process: Int32) -> Character? {
        guard let text = try? FileSystem.read("/proc/\(process)/stat") else { return nil }
        // The name stands in parentheses and may hold anything, so the last one counts.
        let line = String(decoding: text, as: UTF8.self)
        return line.split(separator: ")").last?.first { $0 != " " }
    }
}
