import ControlAPI
import Domain
import FileSystem
import Glibc
import HTTPClient
import Subprocess
import TestSupport
import Testing

/// Workers that keep no rule, and what clvd says of them.
@Suite(.timeLimit(.minutes(2))) struct BadWorkerTests {
    private static let isLong = unsafe getenv("CLVD_LONG_TESTS") != nil

    /// The error of a run's first attempt.
    private func error(of service: Service) throws -> ProblemReport {
        try service.start()
        let id = try service.run()
        return try #require(try service.run(id) { $0.attempt == 2 }.error)
    }

    @Test func `a worker that tells without end is killed, answers go on, and memory stays small`()
        throws
    {
        // A gigabyte of lines as long as they come, or of usual ones.
        let length = Self.isLong ? 100 : 100_000
        let service = try Service(
            worker: Stub.script(
                """
                line=$(say '"type":"progress","stage":"ingest","done":5,"unit":"'"$(
                    head -c \(length) /dev/zero | tr '\\0' x)"'"')
                yes "$line" | head -c 1000000000
                good
                """
            )
        )
        try service.start()
        let id = try service.run()
        var longest = 0.0
        let run = try service.run(id) { run in
            let begin = ContinuousClock.now
            _ = try? service.ask("GET", "/v1/version")
            longest = max(longest, (ContinuousClock.now - begin) / .seconds(1))
            return run.attempt == 2
        }
        #expect(run.error?.code == "worker_speaks_rubbish")
        #expect(run.error?.cause?.hasPrefix("it told 16 MiB of events in ") == true, "\(run)")
        #expect(longest < 2, "an answer took \(longest) s")
        let peak = try service.memoryPeak()
        #expect(peak < 60 << 10, "\(peak) KiB")
    }

    @Test func `a worker that closes its events and stays is ended`() throws {
        let error = try error(of: Service(worker: Stub.script("exec >&-; sleep 60")))
        #expect(error.code == "worker_speaks_rubbish")
        #expect(error.cause == "it closed its events and did not end within 3 seconds")
    }

    @Test func `a worker that tells its result and stays is ended`() throws {
        let error = try error(of: Service(worker: Stub.script("good; sleep 60")))
        #expect(error.cause == "it told its result and did not end within 3 seconds")
    }

    @Test func `a worker that takes its time between its last event and its end is believed`()
        throws
    {
        let service = try Service(worker: Stub.script("good; exec >&-; sleep 1; exit 0"))
        try service.start()
        let id = try service.run()
        #expect(try service.run(id) { $0.state.isOver }.state == .succeeded)
    }

    @Test func `a clvd that stood still answers what was asked, and knows what ended meanwhile`()
        throws
    {
        let service = try Service(
            worker: Stub.script(
                "say '\"type\":\"stage_started\",\"stage\":\"train\"'; sleep 1; good"
            )
        )
        try service.start()
        let id = try service.run()
        _ = try service.run(id) { $0.stages.contains { $0.state == .running } }
        service.signal(SIGSTOP)
        let client = HTTPClient(socketPath: service.socket)
        let request = HTTPClient.Request(method: "GET", path: "/v1/runs/\(id)", timeoutSeconds: 20)
        let asked = InThread { try client.send(request).status }
        usleep(3_000_000)
        service.signal(SIGCONT)
        #expect(try asked.value() == 200)
        #expect(try service.run(id) { $0.state.isOver }.state == .succeeded)
        #expect(try service.stop() == .exited(0))
    }
}

extension Service {
    /// In KiB.
    fileprivate func memoryPeak() throws -> Int {
        let status = String(decoding: try FileSystem.read("/proc/\(pid)/status"), as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") } ?? ""
        return Int(line.filter(\.isNumber)) ?? .max
    }
}
