import ControlAPI
import Domain
import FileSystem
import Glibc
import HTTPClient
import JSONCoding
import Scheduling
import StateDatabase
import Subprocess
import Testing

/// Everything that clvd writes, commits and starts is struck in turn.
@Suite(.timeLimit(.minutes(5))) struct FaultTests {
    /// One run by hand from the start of clvd to its end; whether its wish was acknowledged.
    @discardableResult
    private func live(_ service: Service, _ variables: [String]) throws -> String? {
        guard (try? service.startFaulty(variables)) == true else { return nil }
        guard let answer = try? service.ask("POST", "/v1/jobs/acme/monthly/runs"),
            answer.status == 202
        else { return nil }
        let id = try JSONCoding.decode(StartAnswer.self, from: answer.body).runID
        for _ in 0..<250 {
            guard let run = try? service.state(ofRun: id) else { break }
            if run.state == .succeeded { break }
            usleep(20_000)
        }
        return id
    }

    /// The points that one such life passes, each with its number.
    private func passes() throws -> [String] {
        let service = try service()
        let log = service.path + "/faults"
        try live(service, ["CLVD_FAULT_LOG=\(log)"])
        try service.stop()
        let text = String(decoding: try FileSystem.read(log), as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }

    private func service() throws -> Service {
        try Service(
            worker: Stub.script("echo x >> $HOME/works\ngood"),
            schedule: "2199-01-01 03:00"
        )
    }

    @Test func `killed at any write, commit or start, clvd loses no run and doubles none`() throws {
        let passes = try passes()
        #expect(Set(passes.map { $0.prefix { $0 != ":" } }).count == 5, "\(passes)")
        #expect(passes.count >= 8)
        // What a process that aborts leaves behind differs in nothing: once at each point.
        let aborts = passes.filter { $0.hasSuffix(":1") }
        #expect(aborts.count == 5)
        for fault in passes.map({ "\($0):kill" }) + aborts.map({ "\($0):abort" }) {
            let service = try service()
            let id = try live(service, ["CLVD_FAULT=\(fault)"])
            let end = try service.kill()
            #expect(
                end == .killed(signal: fault.hasSuffix("abort") ? SIGABRT : SIGKILL),
                "\(fault)"
            )
            // What is on disk can be opened, and holds what was acknowledged.
            do {
                let state = try StateDatabase(directory: service.path + "/state")
                if let id { #expect(try state.run(id: id) != nil, "\(fault)") }
                #expect(try state.runs(limit: 10).count <= 1, "\(fault)")
            }
            try service.start()
            if let id {
                _ = try service.run(id) { $0.state == .succeeded }
            }
            let runs = try service.get(RunsAnswer.self, "/v1/runs").runs
            #expect(
                runs.allSatisfy { [.succeeded, .running, .queued].contains($0.state) },
                "\(fault)"
            )
            #expect(runs.count <= 1)
            try service.stop()
        }
    }

    @Test func `an abort that a test asked for leaves no core behind`() throws {
        let service = try service()
        let clvd = try service.command(["CLVD_FAULT=state.commit:1:abort"])
        let script = "cd \"$HOME\" && ulimit -c unlimited && exec \"$0\" \"$@\""
        var command = Command(
            "/bin/sh",
            ["-c", script, clvd.program] + clvd.arguments,
            environment: clvd.environment
        )
        command.input = .nothing
        command.output = .nothing
        command.errors = .nothing
        #expect(try command.start().wait() == .killed(signal: SIGABRT))
        let cores = try FileSystem.names(in: service.path).filter { $0.hasPrefix("core") }
        #expect(cores.isEmpty)
    }

    @Test func `no worker starts before its start is on disk`() throws {
        let service = try service()
        let log = service.path + "/faults"
        try live(service, ["CLVD_FAULT_LOG=\(log)"])
        try service.stop()
        let text = String(decoding: try FileSystem.read(log), as: UTF8.self)
        let passed = text.split(separator: "\n").map { $0.prefix { $0 != ":" } }
        let spawn = try #require(passed.firstIndex(of: "worker.spawn"))
        let before = passed[..<spawn].filter { $0.hasPrefix("state.") }
        #expect(before.last == "state.committed", "\(passed)")
    }

    @Test(
        arguments: ["state.commit", "state.sync"],
        ["ENOSPC", "EIO", "EROFS"]
    )
    func `a state that cannot be written ends clvd with the reason, and it comes back`(
        _ point: String,
        _ fault: String
    ) throws {
        let service = try service()
        try live(service, ["CLVD_FAULT=\(point):3:\(fault)"])
        try service.stop()
        let causes = [
            "ENOSPC": "No space left on device", "EIO": "Input/output error",
            "EROFS": "Read-only file system",
        ]
        let cause = try #require(causes[fault])
        #expect(service.log.contains("could not write state database"), "\(service.log)")
        #expect(service.log.contains(cause))
        #expect(service.log.contains("check the free space"))
        try service.start()
        // What was written and did not reach the disk was not acknowledged, and may be there.
        let known = try service.get(RunsAnswer.self, "/v1/runs").runs.first?.runID
        #expect(known == nil || point == "state.sync")
        let run = try service.run(known ?? service.run()) { $0.state.isOver }
        #expect(run.state == .succeeded)
    }

    @Test func `a worker that cannot be started is tried again`() throws {
        let service = try service()
        let id = try live(service, ["CLVD_FAULT=worker.spawn:1:ENOSPC"])
        let run = try service.run(id ?? "") { $0.state == .succeeded || $0.attempt > 1 }
        #expect(run.attempt == 2)
    }

    @Test func `a slow disk slows clvd down and nothing else`() throws {
        let service = try service()
        let id = try live(service, ["CLVD_FAULT=state.sync:1:slow"])
        #expect(try service.state(ofRun: id ?? "").state == .succeeded)
    }

    @Test func `who changes something hears of it when it is on disk`() throws {
        let service = try service()
        try service.start(["CLVD_FAULT=state.sync:1:slow"])
        func time(_ method: String, _ path: String) throws -> Duration {
            let start = ContinuousClock.now
            for _ in 0..<10 { #expect(try service.ask(method, path).status == 200) }
            return ContinuousClock.now - start
        }
        // Ten milliseconds a sync.
        #expect(try time("POST", "/v1/jobs/acme/monthly/hold") > .milliseconds(100))
        #expect(try service.stop() == .exited(0))
    }
}
