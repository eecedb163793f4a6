import Glibc
import Testing

/// A folder for one test; it goes when the value goes.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/clvd-configuration-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template) != nil
        try #require(made, "mkdtemp: errno \(errno)")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { TemporaryFolder.removeAll(path) }

    private static func removeAll(_ path: String) {
        // A folder is removed only when it is empty, and only a folder is read as one.
        if unsafe remove(path) == 0 { return }
        for name in names(in: path) { removeAll("\(path)/\(name)") }
        _ = unsafe remove(path)
    }

    /// Writes a file, and the folders above it.
    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/\(part)"
            _ = unsafe mkdir(folder, 0o755)
        }
        try ConfigurationTests.write("\(path)/\(name)", bytes)
    }

    func link(_ name: String, to target: String) throws {
        let result = unsafe symlink(target, "\(path)/\(name)")
        try #require(result == 0, "\(name): errno \(errno)")
    }
}

func write(_ path: String, _ bytes: [UInt8]) throws {
    let file = unsafe creat(path, 0o644)
    try #require(file >= 0, "\(path): errno \(errno)")
    defer { close(file) }
    let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
    try #require(count == bytes.count)
}

/// The whole of a small file.
func contents(_ path: String) throws -> [UInt8] {
    let file = unsafe open(path, O_RDONLY)
    try #require(file >= 0, "\(path): errno \(errno)")
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = unsafe read(file, &bytes, bytes.count)
    try #require(count >= 0 && count < bytes.count)
    return Array(bytes[0..<count])
}

/// The names in a folder.
func names(in folder: String) -> [String] {
    guard let stream = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
        var name = unsafe entry.pointee.d_name
        let text = unsafe withUnsafeBytes(of: &name) { unsafe Array($0.prefix { $0 != 0 }) }
        names.append(String(decoding: text, as: UTF8.self))
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
}
