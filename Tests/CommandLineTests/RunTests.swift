import CommandLine
import ControlAPI
import Domain
import Glibc
import JSONCoding
import Synchronization
import TestSockets
import Testing

@Suite(.timeLimit(.minutes(1))) struct RunTests {
    private func server(_ end: RunState?, isNew: Bool = true) throws -> SocketServer {
        try service([
            (
                "POST /v1/jobs/acme/monthly/runs", 202,
                text(StartAnswer(runID: "r-4472", isNew: isNew))
            ),
            ("GET /v1/runs/r-4472/events", 200, Samples.events(end)),
        ])
    }

    @Test("elsewhere than on a terminal a run is waited for, and one block tells the end")
    func waits() throws {
        let outcome = try server(.succeeded).typing.type("run", "acme/monthly")
        #expect(outcome.exit == .fine && outcome.err.isEmpty)
        #expect(
            outcome.out == """
                Run r-4472 acme/monthly succeeded in 20 s
                  read   3,120,551 rows, 3,120,533 accepted, 18 rejected
                  total  EUR 21.6 M, 64,000 purchases in 30 days
                  next   clvctl status acme/monthly

                """
        )
    }

    @Test("--follow in a pipe prints one line per change")
    func follows() throws {
        let outcome = try server(.failed).typing.type("run", "--follow", "acme/monthly")
        #expect(outcome.exit == .failed)
        let lines = outcome.out.split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(4) == [
                "23:13:20 acme/monthly r-4472 running",
                "23:13:20 acme/monthly r-4472 ingest started",
                "23:14:01 acme/monthly r-4472 ingest done rows=3120551 seconds=41.0",
                "warning: few rows",
            ]
        )
        #expect(lines.contains("  error  could not log in") && lines.contains("  fix    psql"))
    }

    @Test("an attempt that failed is told while the run waits for the next one")
    func setback() throws {
        var again = Samples.run(.queued)
        again.attempt = 2
        again.error = ProblemReport(code: "server_unreachable", message: "could not connect")
        again.retryAt = Typing.now + 5
        let events =
            try text(RunEvent.state(again, at: Typing.now)) + "\n" + Samples.events(.succeeded)
        let server = try service([("GET /v1/runs/r-4472/events", 200, events)])
        let outcome = server.typing.type("watch", "r-4472")
        #expect(outcome.exit == .fine)
        #expect(outcome.err == "attempt 1 failed: could not connect, tried again at 23:13:25\n")
    }

    @Test("on a terminal the block is drawn in place and removed at the end")
    func block() throws {
        let server = try server(.succeeded)
        var typing = server.typing
        typing.out = Appearance(isTerminal: true, hasEscapes: true, isUTF8: true, width: 100)
        let outcome = typing.type("run", "acme/monthly")
        #expect(outcome.out.contains("Ctrl-C stops watching, the run goes on"))
        #expect(outcome.out.contains("1 ingest     done     3,120,551 rows"))
        let erased = outcome.out.ranges(of: "\u{1b}[10A\r\u{1b}[J").count
        let drawn = outcome.out.ranges(of: "Ctrl-C stops watching").count
        #expect(erased == drawn && drawn > 1)
        #expect(outcome.out.hasSuffix("next   clvctl status acme/monthly\n") == false)
    }

    @Test("--detach prints the run's id alone")
    func detached() throws {
        let outcome = try server(nil).typing.type("run", "acme/monthly", "--detach")
        #expect(outcome.out == "r-4472\n" && outcome.exit == .fine)
    }

    @Test("a run that goes on already is joined, and that is said")
    func joined() throws {
        let outcome = try server(.succeeded, isNew: false).typing.type("run", "acme/monthly")
        #expect(outcome.err == "acme/monthly already has run r-4472, which is joined\n")
    }

    @Test("--json --follow ends with exactly one result, also when interrupted")
    func jsonLines() throws {
        func results(_ outcome: Outcome) throws -> [CommandExit?] {
            let events = try outcome.out.split(separator: "\n").map {
                try JSONCoding.decode(RunEvent.self, from: $0.utf8)
            }
            #expect(events.last?.type == .result)
            return events.filter { $0.type == .result }.map(\.exitCode)
        }
        let words = ["run", "acme/monthly", "--follow", "--json"]
        let ended = try server(.failed)
        #expect(try results(ended.typing.type(words)) == [.failed])
        let endless = try server(nil)
        var typing = endless.typing
        // The first asks belong to the start of the run; then somebody loses patience.
        let asked = Atomic(0)
        typing.interrupts = { asked.add(1, ordering: .relaxed).newValue > 25 ? 1 : 0 }
        let outcome = typing.type(words)
        #expect(try results(outcome) == [.interrupted])
        #expect(outcome.exit == .interrupted)
        #expect(outcome.err.contains("Stopped watching; run r-4472 goes on"))
    }

    @Test("a service that restarts is found again, and the run watched to its end")
    func restart() throws {
        let asked = Atomic(0)
        let server = try SocketServer { request in
            let first = asked.add(1, ordering: .relaxed).newValue == 1
            let body = (try? Samples.events(first ? nil : .succeeded)) ?? ""
            return "HTTP/1.1 200 X\r\nClvd-Api: 1\r\nConnection: close\r\n\r\n" + body
        }
        let outcome = server.typing.type("watch", "r-4472")
        #expect(outcome.exit == .fine && outcome.out.contains("succeeded in 20 s"))
    }

    @Test("when the time is up the run goes on, and the exit code is 7")
    func timeout() throws {
        let server = try SocketServer { _ in
            sleep(2)
            return ""
        }
        let outcome = server.typing.type("watch", "r-4472", "--timeout", "0.3s")
        #expect(outcome.exit == .timedOut)
        #expect(outcome.err.hasPrefix("The time is up; run r-4472 goes on\n"))
    }

    @Test("a refused reload shows the place and the fix, and ends with 5")
    func reload() throws {
        let diagnostic = ConfigurationDiagnostic(
            severity: "error",
            summary: "unknown key",
            fix: nil,
            filename: "/etc/clvd/clvd.toml",
            start: .init(line: 3, column: 1),
            text: "error[C107]: unknown key\n --> /etc/clvd/clvd.toml:3:1"
        )
        func told(_ status: Int, _ answer: ReloadAnswer) throws -> Outcome {
            let server = try service([("POST /v1/reload", status, text(answer))])
            return server.typing.type("reload", "--wait")
        }
        let refused = try told(422, .init(ok: false, generation: 4, diagnostics: [diagnostic]))
        #expect(refused.exit == .configuration && refused.out.isEmpty)
        #expect(refused.err.contains("clvd.toml:3:1") && refused.err.contains("generation 4 stays"))
        let applied = try told(200, .init(ok: true, generation: 5, diagnostics: []))
        #expect(applied.exit == .fine && applied.out.contains("generation 5"))
    }

    @Test("retrain and the as-of date reach the service")
    func request() throws {
        let server = try SocketServer { request in
            let isRight =
                request.hasPrefix("POST /v1/jobs/acme/monthly/runs ")
                && request.hasSuffix(#"{"as_of":"2026-06-30","retrain":true}"#)
            let body =
                isRight
                ? #"{"schema":"clvctl.started/1","exit_code":0,"run_id":"r-9","is_new":true}"# : ""
            return "HTTP/1.1 202 X\r\nClvd-Api: 1\r\nConnection: close\r\n\r\n" + body
        }
        let words = ["run", "--as-of=2026-06-30", "acme/monthly", "--retrain", "--detach"]
        #expect(server.typing.type(words).out == "r-9\n")
    }

    @Test("a run, its cancelling, the next instants and the models have lines for scripts")
    func lists() throws {
        let next = NextAnswer(
            tenant: "a",
            job: "b",
            timeZone: "UTC",
            next: [NextRun(at: Typing.now, why: "schedule")]
        )
        let model = try #require(try Samples.job("a", .ok).model)
        let models = ModelsAnswer(tenant: "a", job: "b", models: [model])
        let server = try service([
            (
                "GET /v1/runs?tenant=a&job=b&limit=3", 200,
                text(RunsAnswer(runs: [Samples.run(.succeeded)]))
            ),
            ("GET /v1/jobs/a/b/next?count=5", 200, text(next)),
            ("GET /v1/jobs/a/b/models", 200, text(models)),
            (
                "DELETE /v1/runs/r-4472", 200,
                text(RunAnswer(run: Samples.run(.running), exitCode: .fine))
            ),
        ])
        let typing = server.typing
        #expect(
            typing.type("runs", "a/b", "--limit", "3").out
                == "r-4472\tacme/monthly\tsucceeded\t2023-11-14T22:13:00Z\t20.000\t3120551\t18\t\t\n"
        )
        #expect(typing.type("next", "a/b").out == "2023-11-14T22:13:20Z\tschedule\n")
        #expect(
            typing.type("models", "a/b").out
                == "bg_nbd\tv-0192\t2023-10-27\tmonth\t18\t30\tchampion\t\n"
        )
        let cancelled = typing.type("cancel", "r-4472")
        #expect(cancelled.out == "Run r-4472 of acme/monthly is asked to stop\n")
        #expect(cancelled.exit == .fine)
    }
}
