import CLinux
import Faults
import Glibc

/// Whole files and folders: read with a bound, written so that a reader sees the old or the new one.
package enum FileSystem {
    /// The bytes of a file of at most `limit` bytes.
    package static func read(_ path: String, limit: Int = 16 << 20) throws(FileProblem) -> [UInt8] {
        let descriptor = try open(path, O_RDONLY, doing: "read")
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe block.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileProblem("could not read file \"\(path)\"") }
            if count == 0 { return bytes }
            bytes.append(contentsOf: block[..<count])
            guard bytes.count <= limit else {
                throw FileProblem(
                    errorNumber: EFBIG,
                    "file \"\(path)\" has more than \(limit) bytes"
                )
            }
        }
    }

    /// Writes a file under a temporary name, syncs it, renames it and syncs its folder.
    package static func replace(
        _ path: String,
        with bytes: [UInt8],
        mode: UInt32 = 0o600
    ) throws(FileProblem) {
        var file = try NewFile(path, mode: mode)
        try file.write(bytes)
        try file.commit()
    }

    /// Makes a folder and those above it.
    package static func makeFolders(_ path: String, mode: UInt32 = 0o700) throws(FileProblem) {
        if unsafe mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, path.contains("/") else {
            throw FileProblem("could not make folder \"\(path)\"")
        }
        try makeFolders(folder(of: path), mode: mode)
        guard unsafe mkdir(path, mode) == 0 || errno == EEXIST else {
            throw FileProblem("could not make folder \"\(path)\"")
        }
    }

    /// The sorted names in a folder; none when it does not exist.
    package static func names(in path: String) throws(FileProblem) -> [String] {
        guard let handle = unsafe opendir(path) else {
            if errno == ENOENT { return [] }
            throw FileProblem("could not read folder \"\(path)\"")
        }
        defer { unsafe closedir(handle) }
        var names: [String] = []
        while let entry = unsafe readdir(handle) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    package static func rename(_ old: String, to new: String) throws(FileProblem) {
        let fault = Fault.fileRename.pass()
        guard fault == nil, unsafe Glibc.rename(old, new) == 0 else {
            throw FileProblem(
                errorNumber: fault ?? errno,
                "could not rename \"\(old)\" to \"\(new)\""
            )
        }
        Fault.fileRenamed.passed()
        try sync(folder: folder(of: new))
    }

    /// Removes a file, or a folder with the files in it; what is not there is fine.
    package static func remove(_ path: String) throws(FileProblem) {
        if unsafe unlink(path) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else {
            throw FileProblem("could not remove \"\(path)\"")
        }
        for name in try names(in: path) { try remove("\(path)/\(name)") }
        guard unsafe rmdir(path) == 0 else { throw FileProblem("could not remove \"\(path)\"") }
    }

    package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Makes the names in a folder durable.
    package static func sync(folder: String) throws(FileProblem) {
        let descriptor = try open(folder, O_RDONLY | O_DIRECTORY, doing: "sync")
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw FileProblem("could not sync folder \"\(folder)\"")
        }
    }

    package static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func open(
        _ path: String,
        _ flags: Int32,
        mode: UInt32 = 0,
        doing: String
    ) throws(FileProblem) -> Int32 {
        let descriptor = unsafe clinux_open(path, flags | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw FileProblem(errorNumber: -descriptor, "could not \(doing) \"\(path)\"")
        }
        return descriptor
    }
}
