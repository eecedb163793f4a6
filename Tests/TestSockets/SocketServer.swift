import Glibc

/// A real server on a Unix socket: reads a request whole, writes what `answer` gives, closes.
package final class SocketServer: Sendable {
    package struct CouldNotListen: Error {}

    package let path: String
    private let listener: Int32

    package convenience init(answer: @escaping @Sendable (String) -> String) throws {
        guard let directory = temporaryDirectory() else { throw CouldNotListen() }
        try self.init(path: directory + "/socket", answer: answer)
    }

    package init(path: String, answer: @escaping @Sendable (String) -> String) throws {
        self.path = path
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard bindSocket(listener, path) == 0, listen(listener, 8) == 0 else {
            throw CouldNotListen()
        }
        let work = Work(listener: listener, answer: answer)
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(work).toOpaque()
        unsafe pthread_create(&thread, nil, serve, context)
        pthread_detach(thread)
    }

    deinit {
        stop()
        unsafe unlink(path)
        if let slash = path.lastIndex(of: "/") { unsafe rmdir(String(path[..<slash])) }
    }

    package func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }
}

private final class Work: Sendable {
    let listener: Int32
    let answer: @Sendable (String) -> String

    init(listener: Int32, answer: @escaping @Sendable (String) -> String) {
        self.listener = listener
        self.answer = answer
    }
}

/// Takes over the context; ends when the listener is shut down.
private func serve(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    let work = unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
    while true {
        let connection = accept(work.listener, nil, nil)
        guard connection >= 0 else { break }
        let answer = Array(work.answer(readRequest(connection)).utf8)
        var rest = answer[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes {
                unsafe send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { break }
            rest = rest.dropFirst(sent)
        }
        close(connection)
    }
    close(work.listener)
    return nil
}

private func readRequest(_ connection: Int32) -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = unsafe recv(connection, &chunk, chunk.count, 0)
        guard count > 0 else { break }
        bytes += chunk[..<count]
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { continue }
        let head = text[..<end.lowerBound].lowercased()
        let length = head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
        let wanted = length.flatMap { Int($0.dropFirst(16)) } ?? 0
        if text[end.upperBound...].utf8.count >= wanted { return text }
    }
    return String(decoding: bytes, as: UTF8.self)
}

private func bindSocket(_ number: Int32, _ path: String) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { target in
        unsafe target.copyBytes(from: Array(path.utf8.prefix(target.count - 1)))
    }
    return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}

/// A new empty directory.
package func temporaryDirectory() -> String? {
    var template = Array("/tmp/clvd-test-XXXXXX".utf8CString)
    guard let made = unsafe mkdtemp(&template) else { return nil }
    return unsafe String(cString: made)
}
