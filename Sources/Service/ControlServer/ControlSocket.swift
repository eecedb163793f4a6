package import Domain
import Glibc

/// The control socket that clvd makes itself when nobody passes one.
package struct ControlSocket: ~Copyable {
    package let descriptor: Int32
    private let path: String

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Binds and listens; a file that another process left behind makes way.
    ///
    /// Everybody may connect: who they are decides what they may do.
    package static func bind(_ path: String) throws(ControlSocketError) -> ControlSocket {
        guard let address = address(path) else { throw .tooLong(path) }
        if unsafe access(path, F_OK) == 0 { try removeStale(path, address) }
        let descriptor = try open(path)
        guard unsafe call(address, { unsafe Glibc.bind(descriptor, $0, $1) }) == 0,
            unsafe chmod(path, 0o666) == 0, listen(descriptor, 128) == 0
        else {
            let failure = errno
            close(descriptor)
            throw .failed(path, failure)
        }
        return ControlSocket(descriptor: descriptor, path: path)
    }

    /// Calls `body` with the socket that was passed, else with one of our own that lasts as long.
    package static func open<Value>(
        passed: Int32?,
        path: String,
        _ body: (_ listening: Int32) throws -> Value
    ) throws -> Value {
        if let passed { return try body(passed) }
        var own: ControlSocket? = try bind(path)
        defer { if let socket = own.take() { socket.remove() } }
        return try body(own?.descriptor ?? -1)
    }

    /// Closes the socket and removes its file.
    package consuming func remove() {
        unsafe unlink(path)
        close(descriptor)
    }

    private static func removeStale(
        _ path: String,
        _ address: sockaddr_un
    ) throws(ControlSocketError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
            throw .failed(path, EEXIST)
        }
        let probe = try open(path)
        defer { close(probe) }
        if unsafe call(address, { unsafe connect(probe, $0, $1) }) == 0 { throw .inUse(path) }
        guard errno == ECONNREFUSED, unsafe unlink(path) == 0 else { throw .failed(path, errno) }
    }

    private static func open(_ path: String) throws(ControlSocketError) -> Int32 {
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(AF_UNIX, Int32(type), 0)
        guard descriptor >= 0 else { throw .failed(path, errno) }
        return descriptor
    }

    private static func address(_ path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        address.sun_family = UInt16(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        return address
    }

    private static func call(
        _ address: sockaddr_un,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        unsafe withUnsafePointer(to: address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// The control socket cannot be made.
package enum ControlSocketError: Problem, Hashable {
    case inUse(String)
    case tooLong(String)
    case failed(String, Int32)

    package var code: String {
        switch self {
        case .inUse: "socket_in_use"
        case .tooLong: "socket_path_too_long"
        case .failed: "socket_failed"
        }
    }

    package var message: String {
        switch self {
        case .inUse(let path): "another process already listens on \"\(path)\""
        case .tooLong(let path): "the socket path \"\(path)\" is longer than 107 bytes"
        case .failed(let path, _): "could not listen on \"\(path)\""
        }
    }

    package var cause: String? {
        switch self {
        case .failed(_, let errno): unsafe String(cString: strerror(errno))
        case .inUse, .tooLong: nil
        }
    }

    package var fix: String? {
        switch self {
        case .inUse: "stop the other clvd, or give this one --socket PATH"
        case .tooLong: "give a shorter one with --socket PATH"
        case .failed(let path, _):
            "check that the folder of \(path) exists and is writable, or give --socket PATH"
        }
    }

    package var failureClass: FailureClass {
        switch self {
        case .inUse, .tooLong: .configuration
        case .failed: .transient
        }
    }
}
