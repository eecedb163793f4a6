import Glibc

/// Reading of small files and of folders.
enum Files {
    /// Larger than any configuration that people write.
    static let longestBytes = 1 << 20

    /// Why a file cannot be read, in a few words.
    struct Unreadable: Error { let why: String }

    /// A regular file of at most `longestBytes`.
    static func read(_ path: String) throws(Unreadable) -> [UInt8] {
        // Without O_NONBLOCK a named pipe would wait for its writer for ever.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw lastError() }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw lastError() }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Unreadable(why: "not a file") }
        var content: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16_384)
        while content.count <= longestBytes {
            let count = unsafe Glibc.read(file, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw lastError() }
            guard count > 0 else { return content }
            content += block[0..<count]
        }
        throw Unreadable(why: "larger than \(longestBytes) bytes")
    }

    /// The names in a folder, sorted; nil when there is no such folder.
    static func names(in directory: String) throws(Unreadable) -> [String]? {
        guard let stream = unsafe opendir(directory) else {
            if errno == ENOENT { return nil }
            throw lastError()
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            names.append(
                unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                    unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                        unsafe String(cString: text)
                    }
                }
            )
        }
        return names.sorted()
    }

    /// Whether anything has this name, a link that leads nowhere included.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    /// A link to `/dev/null` switches a file off.
    static func isMasked(_ path: String) -> Bool {
        guard let target = unsafe realpath(path, nil) else { return false }
        defer { unsafe free(target) }
        return unsafe String(cString: target) == "/dev/null"
    }

    private static func lastError() -> Unreadable {
        let number = errno
        return Unreadable(why: unsafe String(cString: strerror(number)).lowercased())
    }
}
