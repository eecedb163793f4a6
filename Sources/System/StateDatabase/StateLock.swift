import CLinux
import Glibc

/// The state directory, taken by one process for as long as it lives.
///
/// The lock is the kernel's: it goes when the process does, however it ends. The file holds the pid
/// only so that a refusal can name it.
struct StateLock: ~Copyable {
    private let descriptor: Int32

    private init(owning descriptor: Int32) { self.descriptor = descriptor }

    /// Makes the directory when it is not there, and takes it.
    static func take(_ directory: String) throws(StateError) -> StateLock {
        guard unsafe mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw .cannotUseDirectory(path: directory, errno: errno)
        }
        let opened = unsafe clinux_open(
            directory + "/lock",
            O_RDWR | O_CREAT | O_CLOEXEC,
            0o600
        )
        guard opened >= 0 else { throw .cannotUseDirectory(path: directory, errno: -opened) }
        let lock = StateLock(owning: opened)
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let failure = errno
            guard failure == EWOULDBLOCK else {
                throw .cannotUseDirectory(path: directory, errno: failure)
            }
            throw .inUse(path: directory, pid: readPid(opened))
        }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(opened, 0)
        unsafe text.withUnsafeBytes { _ = unsafe pwrite(opened, $0.baseAddress, $0.count, 0) }
        return lock
    }

    deinit { close(descriptor) }

    private static func readPid(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe pread(descriptor, $0.baseAddress, $0.count, 0)
        }
        let digits = bytes.prefix(max(0, count)).prefix { (48...57).contains($0) }
        return digits.isEmpty ? "unknown" : String(decoding: digits, as: UTF8.self)
    }
}
