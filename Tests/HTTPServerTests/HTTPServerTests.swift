import Glibc
import HTTPServer
import TestSupport
import Testing

/// A peer on the socket, without any HTTP of its own.
private final class Client {
    private let descriptor: Int32
    private(set) var received: [UInt8] = []
    private(set) var isAtEnd = false

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let address = socketAddress(path)
        let connected = unsafe withUnsafeBytes(of: address) {
            unsafe connect(
                descriptor,
                $0.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                UInt32($0.count)
            )
        }
        try #require(connected == 0, "errno \(errno)")
    }

    deinit { close(descriptor) }

    var text: String { String(decoding: received, as: UTF8.self) }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        _ = unsafe Glibc.send(
            descriptor,
            bytes,
            bytes.count,
            Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
        )
    }

    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }
    func halfClose() { shutdown(descriptor, Int32(SHUT_WR)) }

    func read() {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            if count == 0 { isAtEnd = true }
            if count <= 0 { return }
            received += bytes.prefix(count)
        }
    }
}

private func socketAddress(_ path: String) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = UInt16(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) {
        unsafe $0.copyBytes(from: Array(path.utf8))
    }
    return address
}

@Suite(.timeLimit(.minutes(1))) struct HTTPServerTests {
    let folder: TemporaryFolder
    let path: String
    private let listening: Int32

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/socket"
        listening = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let address = socketAddress(path)
        let bound = unsafe withUnsafeBytes(of: address) {
            unsafe bind(
                listening,
                $0.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                UInt32($0.count)
            )
        }
        try #require(bound == 0)
        try #require(listen(listening, 128) == 0)
    }

    private func ok(_ text: String) -> HTTPResponse {
        HTTPResponse(status: 200, contentType: "text/plain", body: Array(text.utf8))
    }

    /// Lets server and clients talk until `isDone`.
    private func talk(
        _ server: HTTPServer,
        _ clients: [Client],
        answering: (Exchange) -> Void = { _ in },
        until isDone: () -> Bool
    ) {
        for _ in 0..<5000 {
            server.run()
            server.takeRequests().forEach(answering)
            server.run()
            clients.forEach { $0.read() }
            if isDone() { return }
            usleep(500)
        }
        Issue.record("nothing more was said: \(clients.map(\.text))")
    }

    @Test func `a request arrives whole and its answer goes back`() throws {
        var limits = HTTPLimits()
        limits.headers = ["Api": "1"]
        let server = try HTTPServer(listening: listening, limits: limits)
        let client = try Client(path)
        client.send(
            "POST /v1/a%20b?x=1&y=%C3%BC&z HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe"
        )
        talk(server, [client]) { true }
        client.send("llo")
        var seen: HTTPRequest?
        talk(
            server,
            [client],
            answering: {
                seen = $0.request
                $0.answer(ok("done"))
            }
        ) { client.text.hasSuffix("done") }
        #expect(client.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(client.text.contains("Content-Type: text/plain\r\n"))
        #expect(seen?.method == "POST")
        #expect(seen?.path == "/v1/a%20b")
        #expect(seen?.query == ["x": "1", "y": "ü", "z": ""])
        #expect(seen.map { String(decoding: $0.body, as: UTF8.self) } == "hello")
        #expect(seen?.headers["origin"] == nil)
        #expect(client.text.contains("Api: 1\r\n"))
        #expect(seen?.peer.pid == getpid())
        #expect(seen?.peer.uid == getuid())
        #expect(seen?.peer.gid == getgid())
    }

    @Test func `an answer waits until it is given, and the connection is used again`() throws {
        let server = try HTTPServer(listening: listening)
        let client = try Client(path)
        client.send("GET /1 HTTP/1.1\r\nHost: x\r\nOrigin: http://evil\r\n\r\n")
        var waiting: Exchange?
        talk(server, [client], answering: { waiting = $0 }) { waiting != nil }
        for _ in 0..<20 { server.run() }
        client.read()
        #expect(client.text.isEmpty)
        #expect(waiting?.request.headers["origin"] == "http://evil")
        waiting?.answer(ok("one"))
        talk(server, [client]) { client.text.hasSuffix("one") }
        client.send("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
        talk(server, [client], answering: { $0.answer(ok("two")) }) {
            client.text.hasSuffix("two")
        }
        #expect(server.connections == 1)
    }

    @Test func `a body that says it is too large is refused before it is sent`() throws {
        let server = try HTTPServer(listening: listening)
        let client = try Client(path)
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n")
        talk(server, [client]) { client.isAtEnd || client.text.contains("413") }
        #expect(client.text.hasPrefix("HTTP/1.1 413 "))
    }

    @Test func `a body that does not say so is cut off when it is too large`() throws {
        let server = try HTTPServer(listening: listening)
        let client = try Client(path)
        client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk =
            Array("1000\r\n".utf8) + [UInt8](repeating: 65, count: 4096) + Array("\r\n".utf8)
        talk(server, [client], answering: { _ in Issue.record("it was taken as whole") }) {
            client.send(chunk)
            return client.isAtEnd
        }
    }

    @Test func `a stream sends lines as they come, first those from before it was read`() throws {
        let server = try HTTPServer(listening: listening)
        let client = try Client(path)
        client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        var stream: LineStream?
        talk(
            server,
            [client],
            answering: {
                stream = $0.stream(contentType: "application/jsonl")
                stream?.send(line: Array("first".utf8))
            }
        ) { client.text.contains("first\n") }
        #expect(client.text.contains("Content-Type: application/jsonl\r\n"))
        #expect(server.millisecondsToRun == nil, "a connection that waits for us does not time out")
        for word in ["second", "third"] {
            stream?.send(line: Array(word.utf8))
            talk(server, [client]) { client.text.contains("\(word)\n") }
        }
        stream?.send(line: Array("last".utf8))
        stream?.end()
        talk(server, [client]) { client.text.hasSuffix("last\n\r\n0\r\n\r\n") }
        #expect(stream?.isClosed == true)
    }

    @Test func `a long stream arrives whole`() throws {
        let server = try HTTPServer(listening: listening)
        let client = try Client(path)
        client.send("GET / HTTP/1.0\r\n\r\n")
        let line = [UInt8](repeating: 66, count: 200_000)
        talk(
            server,
            [client],
            answering: {
                let stream = $0.stream(contentType: "x")
                for _ in 0..<4 { stream.send(line: line) }
                stream.end()
            }
        ) { client.isAtEnd }
        #expect(client.received.count { $0 == 66 } == 800_000)
    }

    @Test func `fifty streams whose readers hang up are all noticed`() throws {
        let server = try HTTPServer(listening: listening)
        let clients = try (0..<50).map { _ in try Client(path) }
        clients.forEach { $0.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
        var streams: [LineStream] = []
        talk(
            server,
            clients,
            answering: {
                let stream = $0.stream(contentType: "x")
                stream.send(line: Array("hello".utf8))
                streams.append(stream)
            }
        ) { clients.allSatisfy { $0.text.contains("hello") } }
        #expect(streams.count == 50)
        clients.prefix(25).forEach { $0.hangUp() }
        talk(server, clients) { streams.count(where: \.isClosed) == 25 }
        streams.forEach { $0.send(line: Array("still".utf8)) }
        talk(server, clients) { clients.suffix(25).allSatisfy { $0.text.contains("still") } }
        #expect(server.connections == 25)
    }

    @Test func `a reader that has said all it wants to say still gets its stream`() throws {
        let server = try HTTPServer(listening: listening)
        let client = try Client(path)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        var stream: LineStream?
        talk(server, [client], answering: { stream = $0.stream(contentType: "x") }) {
            client.text.contains("\r\n\r\n")
        }
        client.halfClose()
        for _ in 0..<20 { server.run() }
        stream?.send(line: Array("more".utf8))
        talk(server, [client]) { client.text.contains("more\n") }
    }

    @Test func `a reader that does not read is cut off, and memory with it`() throws {
        let server = try HTTPServer(listening: listening)
        let client = try Client(path)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        var stream: LineStream?
        for _ in 0..<100 where stream == nil {
            server.run()
            stream = server.takeRequests().first?.stream(contentType: "x")
            server.run()
        }
        let open = try #require(stream)
        for _ in 0..<100 where !open.isClosed {
            open.send(line: [UInt8](repeating: 67, count: 50_000))
            server.run()
        }
        #expect(open.isClosed)
        talk(server, [client]) { client.isAtEnd }
        #expect(server.connections == 0)
    }

    @Test func `a server stops with sleeping requests and streams, and the socket goes on`() throws
    {
        let clients = try (0..<20).map { _ in try Client(path) }
        do {
            let server = try HTTPServer(listening: listening)
            clients.forEach { $0.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
            var count = 0
            talk(
                server,
                clients,
                answering: {
                    count += 1
                    if count % 2 == 0 {
                        $0.stream(contentType: "x").send(line: Array("hello".utf8))
                    }
                }
            ) { count == 20 && clients.count { $0.text.contains("hello") } == 10 }
            server.stop()
        }
        clients.forEach { $0.read() }
        #expect(clients.allSatisfy { $0.isAtEnd })
        let server = try HTTPServer(listening: listening)
        let client = try Client(path)
        client.send("GET / HTTP/1.0\r\n\r\n")
        talk(server, [client], answering: { $0.answer(ok("again")) }) {
            client.text.hasSuffix("again")
        }
    }

    @Test func `a server stops while requests come that nobody will take`() throws {
        let clients = try (0..<4).map { _ in try Client(path) }
        let server = try HTTPServer(listening: listening)
        let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        clients.forEach { $0.send(request) }
        var count = 0
        talk(
            server,
            clients,
            answering: {
                $0.answer(ok("one"))
                count += 1
            }
        ) { count == 4 && clients.allSatisfy { $0.text.hasSuffix("one") } }
        // On connections that stay open; the server learns of them in its last round.
        clients.forEach { $0.send(request) }
        server.stop()
        clients.forEach { $0.read() }
        #expect(clients.allSatisfy { $0.isAtEnd && $0.text.hasSuffix("one") })
    }

    @Test func `rubbish is hung up on, and the next peer is served`() throws {
        let server = try HTTPServer(listening: listening)
        let rubbish = try Client(path)
        rubbish.send("\u{1}\u{2}rubbish\r\n\r\n")
        talk(server, [rubbish]) { rubbish.isAtEnd }
        let client = try Client(path)
        client.send("GET / HTTP/1.0\r\n\r\n")
        talk(server, [client], answering: { $0.answer(ok("fine")) }) {
            client.text.hasSuffix("fine")
        }
    }
}
