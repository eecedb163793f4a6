private import CZlib
import FileSystem
import Glibc

/// A file read in blocks, inflated on the way when it begins like a gzip file.
@safe struct FileBlocks: ~Copyable {
    static let blockSize = 1 << 18

    private let path: String
    private let handle: gzFile

    init(path: String) throws(IngestionError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path, errno) }
        guard let handle = unsafe gzdopen(descriptor, "rb") else {
            close(descriptor)
            throw unreadable(path, ENOMEM)
        }
        unsafe gzbuffer(handle, UInt32(Self.blockSize))
        self.path = path
        unsafe self.handle = unsafe handle
    }

    deinit { unsafe gzclose_r(handle) }

    /// The next bytes; empty at the end of the file.
    borrowing func next() throws(IngestionError) -> [UInt8] {
        var status: Int32 = 0
        let block = unsafe [UInt8](unsafeUninitializedCapacity: Self.blockSize) { buffer, count in
            status = unsafe gzread(handle, buffer.baseAddress, UInt32(buffer.count))
            count = max(0, Int(status))
        }
        if status < Int32(Self.blockSize) { try checkEnd() }
        return block
    }

    /// Throws when the file ended because of an error, not because it was over.
    private borrowing func checkEnd() throws(IngestionError) {
        let system = errno
        var number: Int32 = 0
        let text = unsafe gzerror(handle, &number)
        switch number {
        case Z_OK, Z_STREAM_END: return
        case Z_ERRNO: throw unreadable(path, system)
        default:
            let words = unsafe text.map { unsafe String(cString: $0) } ?? ""
            // zlib puts the file's name first, which it never had: "<fd:3>: ".
            throw .damagedFile(path, reason: String(words.split(separator: ": ").last ?? ""))
        }
    }
}

private func unreadable(_ path: String, _ errorNumber: Int32) -> IngestionError {
    IngestionError(FileProblem(errorNumber: errorNumber, "could not read file \"\(path)\""))
}
