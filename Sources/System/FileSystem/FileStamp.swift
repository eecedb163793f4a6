import Glibc

/// What a file's metadata say: another stamp means that somebody wrote, replaced or touched it.
package struct FileStamp: Hashable, Sendable {
    package let bytes: Int
    private let place: [UInt]
    /// Of the content, and of the metadata, which nobody sets back.
    private let times: [Int]

    fileprivate init(_ found: stat) {
        bytes = Int(found.st_size)
        place = [UInt(found.st_dev), UInt(found.st_ino)]
        times = [
            found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_ctim.tv_sec,
            found.st_ctim.tv_nsec,
        ]
    }
}

extension FileSystem {
    /// Nil when nothing has the name.
    package static func stamp(of path: String) throws(FileProblem) -> FileStamp? {
        var found = stat()
        guard unsafe stat(path, &found) == 0 else {
            if errno == ENOENT { return nil }
            throw FileProblem("could not read \"\(path)\"")
        }
        return FileStamp(found)
    }
}
