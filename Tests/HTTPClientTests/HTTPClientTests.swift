import Glibc
import HTTPClient
import Synchronization
import TestSockets
import Testing

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    private func client(_ server: SocketServer) -> HTTPClient {
        HTTPClient(socketPath: server.path)
    }

    @Test("a request arrives as it was sent, and its answer comes back whole")
    func roundTrip() throws {
        let server = try SocketServer { request in
            request.contains("POST /v1/x?a=b HTTP/1.1\r\n") && request.contains("Clvd-Api: 1\r\n")
                && request.hasSuffix("\r\n\r\n{\"a\":1}") && !request.contains("Expect:")
                ? "HTTP/1.1 202 Accepted\r\nClvd-Api: 1\r\nContent-Length: 2\r\n\r\nok"
                : "HTTP/1.1 400 Bad\r\nContent-Length: \(request.utf8.count)\r\n\r\n" + request
        }
        let answer = try client(server).send(
            .init(
                method: "POST",
                path: "/v1/x?a=b",
                headers: [("Clvd-Api", "1")],
                body: Array("{\"a\":1}".utf8)
            )
        )
        #expect(answer.status == 202 && answer.isSuccess)
        #expect(String(decoding: answer.body, as: UTF8.self) == "ok")
        #expect(answer.headers["clvd-api"] == "1")
    }

    @Test("lines come one by one, until the caller has enough")
    func lines() throws {
        let server = try SocketServer { _ in
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\none\ntwo\nthree"
        }
        var found: [String] = []
        let request = HTTPClient.Request(method: "GET", path: "/", timeoutSeconds: nil)
        _ = try client(server).stream(request) { line in
            found.append(String(decoding: line, as: UTF8.self))
            return true
        }
        #expect(found == ["one", "two", "three"])
        found = []
        let answer = try client(server).stream(request) { line in
            found.append(String(decoding: line, as: UTF8.self))
            return false
        }
        #expect(found == ["one"] && answer.status == 200)
    }

    @Test("a refusal of a stream comes back whole")
    func refusedStream() throws {
        let server = try SocketServer { _ in
            "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\na\nbc"
        }
        let answer = try client(server).stream(.init(method: "GET", path: "/")) { _ in
            Issue.record("a line of a refusal")
            return true
        }
        #expect(answer.status == 404 && answer.body == Array("a\nbc".utf8))
    }

    @Test("no socket, nobody listening and not permitted are told apart")
    func absence() throws {
        let directory = try #require(temporaryDirectory())
        let request = HTTPClient.Request(method: "GET", path: "/")
        func error(_ path: String) -> HTTPClientError? {
            #expect(throws: HTTPClientError.self) { try HTTPClient(socketPath: path).send(request) }
        }
        let path = directory + "/s"
        #expect(error(path) == .noSocket(path: path))
        let server = try SocketServer(path: path) { _ in "" }
        server.stop()
        #expect(error(path) == .refused(path: path))
    }

    @Test("an answer that does not come is an error after its time")
    func timeout() throws {
        let server = try SocketServer { _ in
            sleep(2)
            return ""
        }
        let request = HTTPClient.Request(method: "GET", path: "/", timeoutSeconds: 0.2)
        #expect(throws: HTTPClientError.timedOut(seconds: 0.2)) { try client(server).send(request) }
    }

    @Test("waiting ends when the program was interrupted")
    func interruption() throws {
        let server = try SocketServer { _ in
            sleep(5)
            return ""
        }
        let asked = Atomic(0)
        let client = HTTPClient(socketPath: server.path) {
            asked.add(1, ordering: .relaxed).newValue > 2
        }
        #expect(throws: HTTPClientError.interrupted) {
            try client.send(.init(method: "GET", path: "/", timeoutSeconds: nil))
        }
    }

    @Test("an answer without end is an error and not memory")
    func bounds() throws {
        let server = try SocketServer { _ in
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + String(repeating: "x", count: 17 << 20)
        }
        let request = HTTPClient.Request(method: "GET", path: "/")
        #expect(throws: HTTPClientError.answerTooLarge(limit: 16 << 20)) {
            try client(server).send(request)
        }
        #expect(throws: HTTPClientError.lineTooLong) {
            try client(server).stream(request) { _ in true }
        }
    }

    @Test("what is no HTTP is an error")
    func rubbish() throws {
        let server = try SocketServer { _ in "" }
        let error = #expect(throws: HTTPClientError.self) {
            try client(server).send(.init(method: "GET", path: "/"))
        }
        #expect(error?.code == "connection_broken")
    }
}
