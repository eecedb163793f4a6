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
import WorkerContract

@Suite(.timeLimit(.minutes(2))) struct RunTests {
    @Test func `a run by hand is followed from its start to its result`() throws {
        let service = try Service()
        try service.start()
        let id = try service.run()
        let events = try service.events(ofRun: id)
        #expect(events.last?.type == .result)
        #expect(events.last?.exitCode == .fine)
        let run = try service.state(ofRun: id)
        #expect(run.state == .succeeded)
        #expect(run.asOf == Day("2026-11-19"))
        #expect(run.reasons == ["by_hand"])
        #expect(run.stages.first?.state == .done)
        #expect(run.stages.first?.rows == 10)
        let status = try service.get(StatusAnswer.self, "/v1/status")
        #expect(status.jobs.map(\.state) == [.ok])
        #expect(status.jobs.first?.lastGoodRun?.runID == id)
        #expect(try service.get(RunsAnswer.self, "/v1/runs?tenant=acme").runs.map(\.runID) == [id])
        #expect(try service.get(RunsAnswer.self, "/v1/runs?tenant=birch").runs.isEmpty)
        #expect(try service.stop() == .exited(0))
        #expect(service.log.contains("worker run=\(id) job=acme/monthly text=hello"))
        #expect(service.log.contains("warning of a run run=\(id) code=odd"))
    }

    @Test func `a running job is not started twice, and a cancel ends its run`() throws {
        let service = try Service(worker: Stub.waits)
        try service.start()
        let id = try service.run()
        _ = try service.run(id) {
            $0.stages.contains { $0.stage == .train && $0.state == .running }
        }
        let again = try service.problem("POST", "/v1/jobs/acme/monthly/runs")
        #expect(again.status == 409)
        #expect(again.code == "already_running")
        #expect(try service.get(StatusAnswer.self, "/v1/status").jobs.map(\.state) == [.running])
        #expect(try service.ask("DELETE", "/v1/runs/\(id)").status == 202)
        let run = try service.run(id) { $0.state.isOver }
        #expect(run.state == .cancelled)
        #expect(run.error?.message == "uid \(getuid()) cancelled the run")
        #expect(run.error?.cause == nil)
        #expect(try service.problem("DELETE", "/v1/runs/\(id)").code == "run_is_over")
        try service.stop()
        #expect(service.log.ranges(of: "run started run=\(id)").count == 1, "\(service.log)")
    }

    @Test func `a worker that does not stop is killed`() throws {
        let service = try Service(worker: Stub.deaf)
        try service.start()
        let id = try service.run()
        _ = try service.run(id) {
            $0.stages.contains { $0.stage == .train && $0.state == .running }
        }
        _ = try service.ask("DELETE", "/v1/runs/\(id)")
        let run = try service.run(id) { $0.state.isOver }
        #expect(run.state == .cancelled)
        #expect(run.error?.message == "uid \(getuid()) cancelled the run")
        #expect(run.error?.cause == "the worker was ended by signal KILL")
    }

    @Test(
        arguments: [
            ("good", "exit 0", nil),
            ("rubbish", "echo what is this", "worker_speaks_rubbish"),
            ("another run", #"id=r-0; say '"type":"run_started"'"#, "worker_speaks_rubbish"),
            (
                "an endless line", "head -c 3000000 /dev/zero | tr '\\0' x",
                "worker_speaks_rubbish"
            ),
            ("more after the result", "good; good", "worker_speaks_rubbish"),
            ("no result", "exit 0", "worker_crashed"),
            ("a failure with exit code 0", "bad; exit 0", "worker_crashed"),
            ("an unknown exit code", "exit 9", "worker_crashed"),
            ("a kill", "kill -9 $$", "worker_killed"),
            ("a crash", "kill -SEGV $$", "worker_crashed"),
            ("a busy database", "bad; exit 75", "no_such_column"),
            ("a lease held elsewhere", "exit 69", "lease_held"),
        ]
    ) func `what may pass is tried again`(name: String, script: String, code: String?) throws {
        let service = try Service(
            worker: Stub.script(code == nil ? "good; \(script)" : "\(script); cat >/dev/null")
        )
        try service.start()
        let id = try service.run()
        guard let code else {
            #expect(try service.run(id) { $0.state.isOver }.state == .succeeded)
            return
        }
        let run = try service.run(id) { $0.attempt == 2 }
        #expect(run.state == .queued)
        #expect(run.error?.code == code)
        #expect(run.retryAt != nil)
        #expect(try service.stop() == .exited(0))
    }

    @Test(arguments: [65, 78])
    func `a refusal holds the job until somebody starts it`(exitCode: Int) throws {
        let service = try Service(worker: Stub.script("bad; exit \(exitCode)"))
        try service.start()
        let id = try service.run()
        let events = try service.events(ofRun: id)
        #expect(events.last?.run?.error?.code == "no_such_column")
        #expect(events.last?.exitCode == .failed)
        let job = try service.get(JobAnswer.self, "/v1/jobs/acme/monthly")
        #expect(job.job.state == .held)
        #expect(job.job.lastError?.runID == id)
        #expect(job.job.lastError?.problem.fix == "name another")
        try service.setWorker(Stub.succeeds)
        let second = try service.run()
        #expect(try service.run(second) { $0.state.isOver }.state == .succeeded)
        #expect(try service.get(JobAnswer.self, "/v1/jobs/acme/monthly").job.state == .ok)
    }

    @Test func `a worker that is not there is said so`() throws {
        let service = try Service()
        try service.start()
        unsafe unlink(service.path + "/worker")
        let id = try service.run()
        let run = try service.run(id) { $0.state.isOver }
        #expect(run.error?.code == "worker_missing")
    }

    @Test func `a worker sees its plan and little else`() throws {
        let service = try Service(
            worker: Stub.script(
                "env > \"$HOME/seen\"; printf '%s' \"$plan\" > \"$HOME/plan\"; good"
            )
        )
        try service.start(["SECRET=1", "PGSSLMODE=require", "NOTIFY_SOCKET=/nowhere"])
        let id = try service.run()
        _ = try service.run(id) { $0.state.isOver }
        let seen = String(decoding: try FileSystem.read(service.path + "/seen"), as: UTF8.self)
        #expect(seen.contains("PGSSLMODE=require\n"))
        #expect(seen.contains("OPENBLAS_NUM_THREADS=1\n"))
        #expect(!seen.contains("SECRET"))
        #expect(!seen.contains("NOTIFY_SOCKET"))
        let plan = String(decoding: try FileSystem.read(service.path + "/plan"), as: UTF8.self)
        #expect(plan.contains(#""run_id":"\#(id)""#))
        #expect(plan.contains(#""store":"\#(service.path)/models""#))
    }

    @Test func `fifty followers that hang up leave the service as it was`() throws {
        let service = try Service(worker: Stub.waits)
        try service.start()
        let id = try service.run()
        _ = try service.run(id) { $0.state == .running }
        // Until the last caller's connection is closed.
        usleep(200_000)
        let before = try openDescriptors(service)
        for round in 0..<2 {
            let followers = (0..<50).map { _ in connectRaw(service.socket) }
            let request = Array("GET /v1/runs/\(id)/events HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
            for follower in followers {
                _ = unsafe write(follower, request, request.count)
            }
            try eventually("fifty streams, round \(round)") {
                try openDescriptors(service) >= before + 50
            }
            for follower in followers { close(follower) }
            try eventually("all gone") { try openDescriptors(service) <= before + 1 }
        }
        _ = try service.ask("DELETE", "/v1/runs/\(id)")
        #expect(try service.run(id) { $0.state.isOver }.state == .cancelled)
        #expect(try service.stop() == .exited(0))
    }

    private func openDescriptors(_ service: Service) throws -> Int {
        try FileSystem.names(in: "/proc/\(service.pid)/fd").count
    }
}

@Suite(.timeLimit(.minutes(2))) struct RestartTests {
    @Test func `a stop interrupts the run, and the next start repeats it`() throws {
        let service = try Service(worker: Stub.waits)
        try service.start()
        let id = try service.run()
        _ = try service.run(id) { $0.state == .running }
        #expect(try service.stop() == .exited(0))
        #expect(service.log.contains("run interrupted run=\(id)"))
        try service.setWorker(Stub.succeeds)
        try service.start()
        let run = try service.run(id) { $0.state.isOver }
        #expect(run.state == .succeeded)
        #expect(run.attempt == 1)
    }

    @Test func `a killed service finds its run again, once, and its worker is gone`() throws {
        let service = try Service(
            worker: Stub.script("echo $$ > \"$HOME/pid\"; cat > /dev/null; exit 75")
        )
        try service.start()
        let id = try service.run()
        let pidFile = service.path + "/pid"
        try eventually("the worker runs") { FileSystem.exists(pidFile) }
        usleep(50_000)
        try service.kill()
        let text = String(decoding: try FileSystem.read(pidFile), as: UTF8.self)
        let worker = try #require(Int32(text.dropLast()))
        try eventually("the worker sees the end of its input") { Glibc.kill(worker, 0) != 0 }
        try service.setWorker(Stub.succeeds)
        try service.start()
        let run = try service.run(id) { $0.state.isOver }
        #expect(run.state == .succeeded)
        #expect(try service.get(RunsAnswer.self, "/v1/runs").runs.count == 1)
    }

    @Test func `a due time that passed while the machine was off is made up for, once`() throws {
        let service = try Service(schedule: "*-*-* 03:00")
        try service.start()
        try service.stop()
        do {
            let state = try StateDatabase(directory: service.path + "/state")
            var record = try #require(try state.jobs().first)
            let due = try #require(record.nextDueAt)
            record.nextDueAt = due + -5 * 86_400
            try state.save(record)
            try state.commit()
        }
        try service.start()
        try eventually("the run") {
            try service.get(RunsAnswer.self, "/v1/runs").runs.first?.state == .succeeded
        }
        let runs = try service.get(RunsAnswer.self, "/v1/runs").runs
        #expect(runs.count == 1)
        #expect(runs.first?.reasons.contains("model") == true)
        #expect(runs.first?.dueAt != nil)
    }

    @Test func `a second clvd on the same state is refused and told the first one's pid`() throws {
        let service = try Service()
        try service.start()
        var command = try service.command()
        command.arguments[5] = service.path + "/other"
        let second = try command.start()
        #expect(try second.wait() == .exited(78))
        var lines = LineBuffer()
        while case .bytes = try second.errors?.read(into: &lines) {}
        let line = String(decoding: try lines.next() ?? [], as: UTF8.self)
        #expect(line.contains("in use by another clvd, pid \(service.pid)"))
        #expect(try service.ask("GET", "/v1/version").status == 200)
    }

    @Test func `a socket file that nobody listens on makes way, others do not`() throws {
        let service = try Service()
        try service.start()
        try service.kill()
        #expect(FileSystem.exists(service.socket), "a killed process leaves it")
        try service.start()
        try service.stop()
        #expect(!FileSystem.exists(service.socket))
        try service.write("socket", "precious")
        #expect(try service.runToTheEnd() == .exited(1))
        #expect(service.log.contains("could not listen on"))
        #expect(try FileSystem.read(service.socket) == Array("precious".utf8))
    }
}

@Suite(.timeLimit(.minutes(2))) struct ConfigurationTests {
    @Test func `a reload is applied as a whole, or refused with the place`() throws {
        let service = try Service()
        try service.start()
        try service.write("etc/tenants.d/birch.toml", Service.tenant("birch"))
        var answer = try JSONCoding.decode(
            ReloadAnswer.self,
            from: try service.ask("POST", "/v1/reload").body
        )
        #expect(answer.ok)
        #expect(answer.generation == 2)
        try service.write(
            "etc/tenants.d/acme.toml",
            Service.tenant("acme") + "\ntime_peroid = \"month\"\n"
        )
        try service.write("etc/tenants.d/cedar.toml", Service.tenant("cedar"))
        let refused = try service.ask("POST", "/v1/reload")
        #expect(refused.status == 422)
        answer = try JSONCoding.decode(ReloadAnswer.self, from: refused.body)
        #expect(!answer.ok)
        #expect(answer.generation == 2)
        let wrong = try #require(answer.diagnostics.first)
        #expect(wrong.filename == service.path + "/etc/tenants.d/acme.toml")
        #expect(wrong.start?.line == 19)
        #expect(wrong.text.contains("time_period"))
        let jobs = try service.get(StatusAnswer.self, "/v1/status").jobs.map(\.name)
        #expect(jobs == ["acme/monthly", "birch/monthly"], "the old one stays as a whole")
        let id = try service.run()
        #expect(try service.run(id) { $0.state.isOver }.state == .succeeded)
    }

    @Test func `SIGHUP reloads too, and says in the journal why not`() throws {
        let service = try Service()
        try service.start()
        try service.write("etc/tenants.d/birch.toml", Service.tenant("birch"))
        service.signal(SIGHUP)
        try eventually("birch is there") {
            try service.get(StatusAnswer.self, "/v1/status").service.generation == 2
        }
        try service.write("etc/clvd.toml", "[wrokers]\n")
        service.signal(SIGHUP)
        usleep(200_000)
        #expect(try service.get(StatusAnswer.self, "/v1/status").service.generation == 2)
        try service.stop()
        #expect(service.log.contains("configuration at=\(service.path)/etc/clvd.toml:1:"))
        #expect(service.log.contains("configuration refused, the old one stays generation=2"))
    }

    @Test func `one tenant's broken file degrades that tenant alone`() throws {
        let service = try Service()
        try service.write("etc/tenants.d/birch.toml", "[tenant\nname = \"birch\"\n")
        try service.start()
        let status = try service.get(StatusAnswer.self, "/v1/status")
        #expect(status.brokenTenants.map(\.tenant) == ["birch"])
        #expect(status.brokenTenants.first?.problem.message.contains("birch.toml:1:") == true)
        #expect(status.health == .degraded)
        let id = try service.run()
        #expect(try service.run(id) { $0.state.isOver }.state == .succeeded)
        #expect(try service.problem("GET", "/v1/jobs/birch/monthly").code == "tenant_degraded")
    }

    @Test func `a broken clvd-toml ends the start with 78 and the place`() throws {
        let service = try Service()
        try service.write("etc/clvd.toml", "[workers]\nslots = \"many\"\n")
        #expect(try service.runToTheEnd() == .exited(78))
        #expect(service.log.contains("\(service.path)/etc/clvd.toml:2:"))
    }

    @Test func `a held job is free again when its configuration changes`() throws {
        let service = try Service(worker: Stub.script("bad; exit 65"))
        try service.start()
        let id = try service.run()
        _ = try service.run(id) { $0.state.isOver }
        _ = try service.ask("POST", "/v1/reload")
        #expect(try service.get(JobAnswer.self, "/v1/jobs/acme/monthly").job.state == .held)
        try service.write("etc/tenants.d/acme.toml", Service.tenant("acme") + "\norder_count = 9\n")
        #expect(try service.ask("POST", "/v1/reload").status == 200)
        #expect(try service.get(JobAnswer.self, "/v1/jobs/acme/monthly").job.state == .failed)
    }
}

@Suite(.timeLimit(.minutes(2))) struct ManagerTests {
    @Test func `the service manager hears of readiness, reload and stop`() throws {
        let service = try Service(schedule: "*-*-* 03:00")
        let listener = try DatagramSocket(service.path + "/notify")
        try service.start(["NOTIFY_SOCKET=\(listener.path)"])
        try eventually("ready") { listener.messages.contains { $0.hasPrefix("READY=1\n") } }
        let ready = try #require(listener.messages.first)
        #expect(
            ready.hasPrefix("READY=1\nSTATUS=1 tenants, 0 running, 0 stale, next acme/monthly 20")
        )
        _ = try service.ask("POST", "/v1/reload")
        let messages = listener.messages.drop { !$0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") }
        #expect(messages.count >= 2)
        #expect(messages.last?.hasPrefix("READY=1\n") == true)
        // The first of what happens in a second is told at once.
        usleep(1_300_000)
        let id = try service.run()
        _ = try service.run(id) { $0.state.isOver }
        try service.stop()
        #expect(listener.messages.contains { $0.contains("STATUS=1 tenants, 1 running") })
        #expect(listener.messages.contains { $0.hasPrefix("STOPPING=1\n") })
    }

    @Test func `the watchdog is fed from the loop, and starves when the loop does`() throws {
        let service = try Service()
        let listener = try DatagramSocket(service.path + "/notify")
        let command = try service.command([
            "NOTIFY_SOCKET=\(listener.path)", "WATCHDOG_USEC=400000",
        ])
        try service.start(command)
        try eventually("fed") { listener.messages.count { $0.hasPrefix("WATCHDOG=1") } >= 4 }
        service.signal(SIGSTOP)
        usleep(300_000)
        let count = listener.messages.count
        usleep(700_000)
        #expect(listener.messages.count == count)
        service.signal(SIGCONT)
        #expect(try service.stop() == .exited(0))
    }

    @Test func `a passed socket is served and survives the service`() throws {
        let service = try Service()
        let listener = try ListeningSocket(service.socket)
        var command = try service.command()
        command.arguments =
            ["-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" \"$@\"", command.program]
            + command.arguments
        command.program = "/bin/sh"
        command.extraDescriptor = listener.descriptor
        for _ in 0..<2 {
            try service.start(command)
            #expect(try service.stop() == .exited(0))
            #expect(FileSystem.exists(service.socket), "the file is the service manager's")
        }
    }

    @Test func `an idle service does nothing at all`() throws {
        let service = try Service(schedule: "*-*-* 03:00")
        try service.start()
        // Two seconds after the last thing that happened, memory goes back.
        usleep(2_500_000)
        let before = try switches(service)
        sleep(3)
        #expect(try switches(service) == before)
        let status = try text("/proc/\(service.pid)/status")
        #expect(status.contains("Threads:\t1\n"))
    }

    @Test func `a thousand jobs are ready soon`() throws {
        let service = try Service()
        for number in 0..<1000 {
            try service.write(
                "etc/tenants.d/t\(number).toml",
                Service.tenant("t\(number)", schedule: "*-*-* 03:00")
            )
        }
        let start = ContinuousClock.now
        try service.start()
        // Not optimised, and beside other tests: the release build is measured apart.
        #expect(ContinuousClock.now - start < .seconds(15))
        #expect(try service.get(StatusAnswer.self, "/v1/status").jobs.count == 1001)
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try FileSystem.read(path), as: UTF8.self)
    }

    private func switches(_ service: Service) throws -> Substring? {
        try text("/proc/\(service.pid)/status").split(separator: "\n").first {
            $0.hasPrefix("voluntary_ctxt_switches")
        }
    }
}

@Suite(.timeLimit(.minutes(2))) struct ControlTests {
    @Test func `what does not exist is named, with what was probably meant`() throws {
        let service = try Service()
        try service.start()
        let job = try service.problem("GET", "/v1/jobs/acme/montly")
        #expect(job.status == 404)
        #expect(job.detail == "there is no job \"acme/montly\"")
        #expect(job.fix == "did you mean \"acme/monthly\"?")
        #expect(try service.problem("GET", "/v1/statsu").fix == "did you mean \"/v1/status\"?")
        #expect(try service.problem("GET", "/v1/runs/r-1").status == 404)
        #expect(try service.problem("GET", "/v1/runs/r-1/events").status == 404)
        #expect(try service.problem("PUT", "/v1/status").status == 405)
        #expect(try service.problem("GET", "/v1/runs?limit=x").code == "bad_request")
        let body = try service.problem("POST", "/v1/jobs/acme/monthly/runs", "{\"as_of\": 3}")
        #expect(body.code == "bad_request")
    }

    @Test func `the next due times are those of the tenant's zone`() throws {
        let service = try Service(schedule: "*-*-* 03:00")
        try service.start()
        let next = try service.get(NextAnswer.self, "/v1/jobs/acme/monthly/next?count=400")
        #expect(next.next.count == 400)
        #expect(next.timeZone == "Europe/Berlin")
        let hours = Set(next.next.map { ($0.at.seconds % 86_400) / 3600 })
        #expect(hours == [1, 2], "03:00 in Berlin is 01:00 or 02:00 in UTC")
    }

    @Test(.enabled(if: getuid() == 0, "only root can call as somebody else"))
    func `a stranger learns nothing and changes nothing`() throws {
        let service = try Service()
        try service.start()
        unsafe chmod(service.path, 0o711)
        for (method, path) in [
            ("GET", "/v1/status"), ("POST", "/v1/jobs/acme/monthly/runs"), ("POST", "/v1/reload"),
        ] {
            var command = Command(
                "setpriv",
                [
                    "--reuid=65534", "--regid=65534", "--clear-groups", "curl", "-s", "-X", method,
                    "--unix-socket", service.socket, "http://clvd" + path,
                ],
                environment: ["PATH=/usr/bin:/bin"]
            )
            command.output = .pipe
            let child = try command.start()
            var lines = LineBuffer()
            while case .bytes = try child.output?.read(into: &lines) {}
            _ = try child.wait()
            let answer = try JSONCoding.decode(ProblemDocument.self, from: try lines.next() ?? [])
            #expect(answer.status == 403)
            #expect(answer.code == "not_permitted")
        }
        #expect(try service.get(RunsAnswer.self, "/v1/runs").runs.isEmpty)
        try service.stop()
        let state = try StateDatabase(directory: service.path + "/state")
        let denied = try state.auditEntries(limit: 10)
        #expect(denied.map(\.uid) == [65_534, 65_534])
        #expect(denied.map(\.outcome) == ["403", "403"])
    }

    @Test func `calls that change something are kept with who made them`() throws {
        let service = try Service()
        try service.start()
        let id = try service.run()
        _ = try service.ask("POST", "/v1/jobs/acme/none/runs")
        _ = try service.run(id) { $0.state.isOver }
        try service.stop()
        let state = try StateDatabase(directory: service.path + "/state")
        let calls = try state.auditEntries(limit: 10)
        #expect(
            calls.map(\.route) == [
                "POST /v1/jobs/acme/none/runs", "POST /v1/jobs/acme/monthly/runs",
            ]
        )
        #expect(calls.map(\.outcome) == ["404", "202"])
        #expect(calls.allSatisfy { $0.uid == getuid() && $0.pid == getpid() })
    }
}
