import ControlAPI
import Glibc
import HTTPClient
import Subprocess
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct FloodTests {
    /// Sends requests one behind the other for some seconds, and reads what comes.
    private func flood(_ socket: String, seconds: Double) {
        let descriptor = connectRaw(socket)
        defer { close(descriptor) }
        let one = "GET /v1/version HTTP/1.1\r\nHost: x\r\n\r\n"
        let many = Array(String(repeating: one, count: 64).utf8)
        var answers = [UInt8](repeating: 0, count: 1 << 16)
        let (start, flags) = (ContinuousClock.now, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        var sent = 0
        while ContinuousClock.now - start < .seconds(seconds) {
            let count = unsafe many[sent...].withUnsafeBytes {
                unsafe send(descriptor, $0.baseAddress, $0.count, flags)
            }
            if count > 0 { sent = (sent + count) % many.count }
            while unsafe recv(descriptor, &answers, answers.count, flags) > 0 {}
            if count < 0, errno != EAGAIN { return }
        }
    }

    @Test func `who asks without end keeps neither changes nor the end waiting`() throws {
        let service = try Service()
        try service.start()
        let (socket, seconds) = (service.socket, 8.0)
        let floods = (0..<2).map { _ in InThread { flood(socket, seconds: seconds) } }
        let start = ContinuousClock.now
        usleep(200_000)
        for _ in 0..<5 {
            #expect(try service.ask("POST", "/v1/jobs/acme/monthly/hold").status == 200)
            #expect(try service.ask("DELETE", "/v1/jobs/acme/monthly/hold").status == 200)
        }
        #expect(try service.stop() == .exited(0))
        #expect(ContinuousClock.now - start < .seconds(seconds), "the flood was over")
        for flood in floods { try flood.value() }
    }
}
