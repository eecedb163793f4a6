import Glibc

/// The tree and the tools of this machine.
enum Disk {
    /// The root of the package, found from where this file lies.
    static let root: String = {
        let folders = #filePath.split(separator: "/").dropLast(3)
        return "/" + folders.joined(separator: "/")
    }()

    /// The text of a file; nil when there is none.
    static func text(_ path: String) -> String? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        return unsafe readAll(file)
    }

    /// What a shell command prints.
    static func output(of command: String) -> String {
        guard let file = unsafe popen(command, "r") else { return "" }
        defer { unsafe pclose(file) }
        return unsafe readAll(file)
    }

    /// The files below folders, as paths from the root.
    static func files(in folders: String, named pattern: String) -> [String] {
        output(of: "cd '\(root)' && find \(folders) -type f -name '\(pattern)'")
            .split(separator: "\n").map(String.init).sorted()
    }

    private static func readAll(_ file: UnsafeMutablePointer<FILE>) -> String {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&part, 1, part.count, file)
            guard count > 0 else { break }
            bytes += part[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
