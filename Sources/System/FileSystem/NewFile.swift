import CLinux
import Faults
import Glibc

/// A file in the making: `commit` makes it appear whole under its name, and without a commit
/// nothing is left, also when the process is killed.
///
/// A device or a pipe that has the name is written to as it is: it cannot be replaced.
package struct NewFile: ~Copyable {
    private enum Form {
        /// Without a name until the commit.
        case unnamed
        /// Where the file system knows no unnamed files: under a temporary name.
        case temporary
        case device
    }

    /// As it was asked for, for messages.
    private let path: String
    /// Where it appears: behind a symbolic link, which stays.
    private let place: String
    private let form: Form
    package private(set) var descriptor: Int32

    package init(_ path: String, mode: UInt32 = 0o600) throws(FileProblem) {
        self.path = path
        place = resolved(path)
        (form, descriptor) = try NewFile.open(path, place, mode)
    }

    private static func open(
        _ path: String,
        _ place: String,
        _ mode: UInt32
    ) throws(FileProblem) -> (Form, Int32) {
        var form = Form.unnamed
        var descriptor: Int32
        switch try kind(of: path) {
        case S_IFDIR: throw failure(EISDIR, path)
        case nil, S_IFREG:
            descriptor = unsafe clinux_open_unnamed(FileSystem.folder(of: place), mode)
            if [-EOPNOTSUPP, -EISDIR, -EINVAL].contains(descriptor) {
                form = .temporary
                let name = temporaryName(place)
                unsafe unlink(name)
                let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
                descriptor = unsafe clinux_open(name, flags, mode)
            }
        default:
            form = .device
            descriptor = unsafe clinux_open(path, O_WRONLY | O_CLOEXEC, 0)
        }
        if descriptor < 0 { throw failure(-descriptor, path) }
        return (form, descriptor)
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        if form == .temporary { unsafe unlink(temporaryName(place)) }
    }

    package mutating func write(_ bytes: [UInt8]) throws(FileProblem) {
        if let errno = Fault.fileWrite.pass() { throw failure(errno, path) }
        try writeFully(descriptor, bytes, name: "file \"\(path)\"")
    }

    package mutating func commit() throws(FileProblem) {
        if form != .device {
            if let errno = Fault.fileSync.pass() { throw failure(errno, path) }
            guard fsync(descriptor) == 0 else { throw failure(errno, path) }
            if let errno = Fault.fileRename.pass() { throw failure(errno, path) }
            try giveName()
            Fault.fileRenamed.passed()
            try FileSystem.sync(folder: FileSystem.folder(of: place))
        }
        close(descriptor)
        descriptor = -1
    }

    /// A name cannot be given over another file's, so the file takes a detour.
    private func giveName() throws(FileProblem) {
        let name = temporaryName(place)
        if form == .unnamed {
            unsafe unlink(name)
            let own = "/proc/self/fd/\(descriptor)"
            guard unsafe linkat(AT_FDCWD, own, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 else {
                throw failure(errno, path)
            }
        }
        guard unsafe Glibc.rename(name, place) == 0 else {
            let number = errno
            unsafe unlink(name)
            throw failure(number, path)
        }
    }
}

private func failure(_ errorNumber: Int32, _ path: String) -> FileProblem {
    FileProblem(errorNumber: errorNumber, "could not write file \"\(path)\"")
}

private func temporaryName(_ place: String) -> String { "\(place).\(getpid()).tmp" }

/// What has the name already, symbolic links followed; nil when nothing has.
private func kind(of path: String) throws(FileProblem) -> mode_t? {
    var status = stat()
    if unsafe stat(path, &status) == 0 { return status.st_mode & S_IFMT }
    if errno == ENOENT { return nil }
    throw failure(errno, path)
}

/// The path without symbolic links when something is there; else as it is.
private func resolved(_ path: String) -> String {
    guard let real = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
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
