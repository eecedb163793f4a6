import CLinux
import Glibc

/// A file in the making, under a temporary name beside its place: `commit` makes it appear whole,
/// and without a commit nothing is left.
package struct NewFile: ~Copyable {
    private let path: String
    private let temporaryPath: String
    private let mode: UInt32
    package private(set) var descriptor: Int32

    package init(_ path: String, mode: UInt32 = 0o600) throws(FileProblem) {
        self.path = path
        self.mode = mode
        temporaryPath = "\(path).\(getpid()).tmp"
        descriptor = try FileSystem.open(
            temporaryPath,
            O_WRONLY | O_CREAT | O_TRUNC,
            mode: mode,
            doing: "write file"
        )
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unsafe unlink(temporaryPath)
    }

    package mutating func write(_ bytes: [UInt8]) throws(FileProblem) {
        try writeFully(descriptor, bytes, name: "file \"\(path)\"")
    }

    package mutating func commit() throws(FileProblem) {
        guard fsync(descriptor) == 0 else { throw FileProblem("could not sync file \"\(path)\"") }
        guard unsafe Glibc.rename(temporaryPath, path) == 0 else {
            throw FileProblem("could not rename \"\(temporaryPath)\" to \"\(path)\"")
        }
        close(descriptor)
        descriptor = -1
        try FileSystem.sync(folder: FileSystem.folder(of: path))
    }
}

/// Writes all bytes to a descriptor, however many calls that takes.
package func writeFully(
    _ descriptor: Int32,
    _ bytes: [UInt8],
    name: String
) throws(FileProblem) {
    var sent = 0
    while sent < bytes.count {
        let count = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.write(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent)
        }
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw FileProblem("could not write \(name)") }
        sent += count
    }
}
