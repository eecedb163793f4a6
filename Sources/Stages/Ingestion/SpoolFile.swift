import Domain
import Glibc

/// Columns of rows on disk, in a file without a name that goes with the process.
final class SpoolFile: Sendable {
    private let descriptor: Int32
    private let folder: String

    init(in folder: String) throws(IngestionError) {
        self.folder = folder
        var path = "\(folder)/clvd-spool-XXXXXX".utf8CString
        let opened = unsafe path.withUnsafeMutableBufferPointer { path -> Int32 in
            guard let name = path.baseAddress else { return -1 }
            let opened = unsafe mkstemp(name)
            if opened >= 0 { unsafe unlink(name) }
            return opened
        }
        descriptor = opened
        guard opened >= 0 else { throw .spoolFailed(folder, errno) }
        _ = fcntl(opened, F_SETFD, FD_CLOEXEC)
    }

    deinit { close(descriptor) }

    /// Writes part of a column; gives the place behind it.
    func write<Value: BitwiseCopyable>(
        _ column: [Value],
        _ rows: Range<Int>,
        at place: Int
    ) throws(IngestionError) -> Int {
        let span = column.span.extracting(rows)
        var (done, failure) = (0, Int32(0))
        unsafe span.withUnsafeBytes { bytes in
            while done < bytes.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
                let count = unsafe pwrite(
                    descriptor,
                    rest.baseAddress,
                    rest.count,
                    off_t(place + done)
                )
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else {
                    failure = count < 0 ? errno : ENOSPC
                    return
                }
                done += count
            }
        }
        guard failure == 0 else { throw .spoolFailed(folder, failure) }
        return place + done
    }

    /// Reads a column of so many rows back.
    func read<Value: BitwiseCopyable>(
        _ type: Value.Type,
        rows: Int,
        at place: Int
    ) throws(IngestionError) -> [Value] {
        var failure: Int32 = 0
        let column = unsafe [Value](unsafeUninitializedCapacity: rows) { buffer, filled in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            var done = 0
            while done < rows * MemoryLayout<Value>.stride {
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
                let wanted = rows * MemoryLayout<Value>.stride - done
                let count = unsafe pread(descriptor, rest.baseAddress, wanted, off_t(place + done))
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else {
                    failure = count < 0 ? errno : EIO
                    return
                }
                done += count
            }
            filled = rows
        }
        guard failure == 0 else { throw .spoolFailed(folder, failure) }
        return column
    }
}

extension IngestionError {
    static func spoolFailed(_ folder: String, _ number: Int32) -> IngestionError {
        IngestionError(
            code: "spool_failed",
            message: "could not put rows aside in \"\(folder)\"",
            cause: unsafe String(cString: strerror(number)),
            fix:
                "free space there or set TMPDIR, or raise memory_limit so that the rows need no disk",
            failureClass: .transient
        )
    }
}
