import FileSystem
import JSONCoding
import Subprocess

extension TestDatabase {
    /// Runs a script with psql, as an administrator does; gives what it printed.
    ///
    /// It throws when psql ends with anything but success.
    @discardableResult
    package func psql(
        _ script: String,
        user: String = PrivateCluster.superuser,
        options: [String] = []
    ) throws -> String {
        let folder = try TemporaryFolder()
        let path = folder.path + "/script.sql"
        try FileSystem.replace(path, with: Array(script.utf8))
        var command = Command(
            "/usr/bin/timeout",
            [
                "60", "/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&1", PrivateCluster.programs + "/psql",
                "-X", "-q", "-h", directory, "-U", user, "-d", name, "-f", path,
            ] + options,
            environment: ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"]
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
        let text = lines.joined(separator: "\n")
        guard try child.wait() == .exited(0) else { throw PsqlProblem(description: text) }
        return text
    }
}

package struct PsqlProblem: Error, CustomStringConvertible {
    package let description: String
}
