import Glibc
import Testing

private func withAddress(
    _ path: String,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = UInt16(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) {
        unsafe $0.copyBytes(from: Array(path.utf8))
    }
    return unsafe withUnsafePointer(to: address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}

/// A connected descriptor that nobody reads.
func connectRaw(_ path: String) -> Int32 {
    let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
    let descriptor = socket(AF_UNIX, Int32(type), 0)
    _ = unsafe withAddress(path) { unsafe connect(descriptor, $0, $1) }
    return descriptor
}

/// Plays the service manager: keeps what is notified.
final class DatagramSocket {
    let path: String
    private let descriptor: Int32
    private var kept: [String] = []

    init(_ path: String) throws {
        self.path = path
        let type = SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        descriptor = socket(AF_UNIX, Int32(type), 0)
        let descriptor = descriptor
        try #require(unsafe withAddress(path) { unsafe bind(descriptor, $0, $1) } == 0)
    }

    deinit { close(descriptor) }

    /// All that came so far.
    var messages: [String] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
            guard count > 0 else { return kept }
            kept.append(String(decoding: bytes.prefix(count), as: UTF8.self))
        }
    }
}

/// Plays the socket unit.
final class ListeningSocket {
    let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let descriptor = descriptor
        try #require(unsafe withAddress(path) { unsafe bind(descriptor, $0, $1) } == 0)
        try #require(listen(descriptor, 16) == 0)
    }

    deinit { close(descriptor) }
}
