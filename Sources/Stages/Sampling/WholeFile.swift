import Glibc

/// A file that appears under its name whole, or not at all.
@safe final class WholeFile {
    private let path: String
    private let partialPath: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []

    init(_ directory: String, _ name: String) throws(SamplingError) {
        path = "\(directory)/\(name)"
        partialPath = "\(directory)/.\(name).partial"
        descriptor = unsafe open(partialPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw .unwritable(path, errorNumber: errno) }
        buffer.reserveCapacity(1 << 17)
    }

    /// What was not published leaves nothing behind.
    deinit {
        if descriptor >= 0 { close(descriptor) }
        unsafe unlink(partialPath)
    }

    func append(_ text: String) throws(SamplingError) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= 1 << 16 { try flush() }
    }

    /// Writes everything to the disk, still under another name.
    func prepare() throws(SamplingError) {
        try flush()
        let isSynced = fsync(descriptor) == 0
        let error = errno
        let isClosed = close(descriptor) == 0
        descriptor = -1
        guard isSynced else { throw .unwritable(path, errorNumber: error) }
        guard isClosed else { throw .unwritable(path, errorNumber: errno) }
    }

    func publish() throws(SamplingError) {
        guard unsafe rename(partialPath, path) == 0 else {
            throw .unwritable(path, errorNumber: errno)
        }
    }

    private func flush() throws(SamplingError) {
        var start = 0
        while start < buffer.count {
            let written = unsafe buffer.withUnsafeBytes { bytes in
                unsafe write(
                    descriptor,
                    bytes.baseAddress.map { unsafe $0 + start },
                    bytes.count - start
                )
            }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw .unwritable(path, errorNumber: errno) }
            start += written
        }
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Makes a directory where there is none; the one above it must exist.
func makeDirectory(_ path: String) throws(SamplingError) {
    guard unsafe mkdir(path, 0o755) != 0, errno != EEXIST else { return }
    throw .unwritable(path, errorNumber: errno)
}
