import Glibc

/// The bytes of a zone's file, read by name below a folder that the name cannot leave.
enum ZoneFile {
    /// The largest zone of the system has a few kilobytes.
    private static let longestBytes = 1 << 20

    static var environmentDirectory: String? {
        guard let value = unsafe getenv("TZDIR"), unsafe value.pointee == 47 else { return nil }
        return unsafe String(cString: value)
    }

    static func bytes(of name: String, in directory: String) throws(SchedulingError) -> [UInt8] {
        guard isName(name) else { throw .unknownZone(name) }
        return try bytes(ofFile: name, in: directory)
    }

    static func bytes(
        ofFile name: String,
        in directory: String
    ) throws(SchedulingError) -> [UInt8] {
        let path = "\(directory)/\(name)"
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure(name) }
        defer { close(file) }
        var content: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16_384)
        while content.count <= longestBytes {
            let count = unsafe read(file, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(name) }
            guard count > 0 else { return content }
            content += block[0..<count]
        }
        throw .damagedZone(name, why: "the file is larger than \(longestBytes) bytes")
    }

    /// Letters, digits and `_+-`, in parts divided by single slashes; so neither `..` nor `/`
    /// leads out of the folder.
    static func isName(_ name: String) -> Bool {
        guard (1...255).contains(name.utf8.count) else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy { byte in
                    switch UInt8(byte) {
                    case 48...57, 65...90, 97...122, 95, 43, 45: true
                    default: false
                    }
                }
        }
    }

    private static func failure(_ name: String) -> SchedulingError {
        let number = errno
        guard ![ENOENT, EISDIR, ENOTDIR].contains(number) else { return .unknownZone(name) }
        return .unreadableZone(name, cause: unsafe String(cString: strerror(number)))
    }
}
