import CommandLine
import ControlAPI
import Domain
import JSONCoding
import TestSockets
import Testing

@Suite(.timeLimit(.minutes(1))) struct StatusTests {
    private func server(_ jobs: [JobStatus]) throws -> SocketServer {
        try service([("GET /v1/status", 200, text(Samples.status(jobs)))])
    }

    @Test("in a pipe each job is one line of raw values, tab separated, without a title")
    func piped() throws {
        let outcome = try server([Samples.job("acme", .ok)]).typing.type("status")
        #expect(outcome.exit == .fine && outcome.err.isEmpty)
        #expect(
            outcome.out
                == "acme/monthly\tok\t2023-11-14T20:13:20Z\t182410\t21400312.55\tEUR\t"
                + "2023-11-15T22:13:20Z\n"
        )
    }

    @Test("on a terminal a failed job comes with its cause, its fix and what to type then")
    func needsYou() throws {
        let server = try server([Samples.job("acme", .ok), Samples.failedJob()])
        var typing = server.typing
        typing.out = Typing.terminal
        let outcome = typing.type("status")
        #expect(outcome.exit == .failed)
        for line in [
            "clvd 0.1.0 - running 4 days (pid 812), 2 tenants, 2 jobs",
            "HEALTH  FAILING    1 failed, 1 ok    next: acme/monthly tomorrow 23:13",
            "  ●  acme/monthly   ok      today 21:13, 4 min 12 s    182,410  EUR 21.4 M per month",
            "  ×  cedar/monthly  the database refused to read \"public.orders\", since yesterday",
            "       cause  ERROR: permission denied for table orders\\u{1b}[31m (SQLSTATE 42501)",
            "       fix    GRANT SELECT ON public.orders TO clvd_cedar;",
            "       then   clvctl run cedar/monthly --follow",
        ] { #expect(outcome.out.contains(line), "\(line) in\n\(outcome.out)") }
    }

    @Test("without colours and UTF-8 neither an escape nor a byte above 127 comes out")
    func plain() throws {
        let server = try server([Samples.job("acme", .stale), Samples.failedJob()])
        var typing = server.typing
        typing.out = Appearance(isTerminal: true, hasEscapes: false, isUTF8: false, width: 120)
        let outcome = typing.type("status")
        #expect(outcome.out.utf8.allSatisfy { $0 < 128 && $0 != 27 })
        #expect(outcome.out.contains("x  cedar/monthly"))
        typing.out.hasEscapes = true
        #expect(typing.type("status").out.contains("\u{1b}[31m"))
        #expect(!typing.type("status", "--no-color").out.contains("\u{1b}"))
    }

    @Test("a narrow terminal loses columns and never the job, its state and the next run")
    func narrow() throws {
        let server = try server([Samples.job("acme", .ok)])
        var typing = server.typing
        typing.out = Appearance(isTerminal: true, hasEscapes: false, isUTF8: true, width: 80)
        let rows = typing.type("status").out.split(separator: "\n")
        let title = try #require(rows.first { $0.contains("TENANT/JOB") })
        #expect(title.contains("STATE") && title.contains("NEXT RUN"))
        #expect(rows.allSatisfy { $0.count <= 82 }, "\(rows)")
        #expect(!title.contains("MODEL AGE"))
    }

    @Test("--json gives what the service said, word for word, and ends as it says")
    func json() throws {
        let body = try text(Samples.status([Samples.job("acme", .stale)]))
        let grown = String(body.dropLast()) + ",\"new\":1}"
        let server = try service([("GET /v1/status", 200, grown)])
        let outcome = server.typing.type("status", "--json")
        #expect(outcome.out == grown + "\n" && outcome.exit == .degraded)
    }

    @Test("a tenant's name keeps its jobs alone, and an unknown one is not found")
    func tenant() throws {
        let server = try server([Samples.job("acme", .ok), Samples.failedJob()])
        let outcome = server.typing.type("status", "acme")
        #expect(outcome.exit == .fine && outcome.out.split(separator: "\n").count == 1)
        #expect(server.typing.type("status", "birch").exit == .notFound)
    }

    @Test("one job is shown with its origin, model, freshness, runs and error")
    func detail() throws {
        var job = try Samples.failedJob()
        job.freshness = Freshness(
            verdict: .stale,
            checkedAt: Typing.now,
            terms: [
                .init(
                    name: "model_age",
                    verdict: .stale,
                    found: "the model is 31 days old",
                    limit: "30 days"
                )
            ]
        )
        let run = Samples.run(.succeeded)
        let answer = JobAnswer(job: job, runs: [run], models: [], next: [])
        let server = try service([("GET /v1/jobs/cedar/monthly", 200, text(answer))])
        var typing = server.typing
        typing.out = Typing.terminal
        let outcome = typing.type("status", "cedar/monthly")
        #expect(outcome.exit == .failed)
        for line in [
            "     Config: /etc/clvd/tenants.d/cedar.toml:14",
            "      Model: bg_nbd v-0192, 18 days old",
            "stale  model_age: the model is 31 days old", "r-4472  today 23:13  20 s",
            " Last error: the database refused",
        ] { #expect(outcome.out.contains(line), "\(line) in\n\(outcome.out)") }
    }

    @Test("a job that does not exist is not found, in the service's words")
    func unknownJob() throws {
        let problem = ProblemDocument.notFound(
            "no job \"a/b\"",
            fix: "clvctl status lists the jobs"
        )
        let server = try service([("GET /v1/jobs/a/b", 404, text(problem))])
        let outcome = server.typing.type("status", "a/b")
        #expect(outcome.exit == .notFound)
        #expect(outcome.err == "clvctl: no job \"a/b\"\n  fix    clvctl status lists the jobs\n")
    }

    @Test("output that cannot be written is a failure")
    func fullDisk() throws {
        var typing = try server([Samples.job("acme", .ok)]).typing
        typing.outFailure = 28
        let outcome = typing.type("status")
        #expect(outcome.exit == .failed && outcome.err.contains("No space left on device"))
    }
}

@Suite(.timeLimit(.minutes(1))) struct AbsenceTests {
    @Test("a service that is not there comes with the command that starts it")
    func notRunning() {
        var typing = Typing()
        typing.variables = ["CLVD_SOCKET": "/nowhere/socket"]
        let outcome = typing.type("status")
        #expect(outcome.exit == .unreachable && outcome.out.isEmpty)
        #expect(outcome.err.contains("clvd is not running") && outcome.err.contains("--socket"))
    }

    @Test("with --json the failure is an object too, with the exit code in it")
    func asJSON() throws {
        let outcome = Typing().type("--socket", "/nowhere/socket", "status", "--json")
        #expect(
            outcome.out.contains(#""exit_code":3"#)
                && outcome.out.contains(#""code":"not_running""#)
        )
        #expect(outcome.exit == .unreachable)
    }

    @Test("another version names the side to upgrade")
    func versions() throws {
        func told(_ api: String?) throws -> Outcome {
            try service(api: api, [("GET /v1/status", 200, "{}")]).typing.type("status")
        }
        #expect(try told("2").err.contains("upgrade clvctl"))
        #expect(try told("0").err.contains("upgrade clvd"))
        #expect(try told(nil).err.contains("is not clvd"))
        #expect(try told("2").exit == .unreachable)
    }

    @Test("a refusal keeps the service's fix and ends with 6")
    func notPermitted() throws {
        let problem = try text(ProblemDocument.notPermitted(.operate))
        let server = try service([("POST /v1/jobs/a/b/runs", 403, problem)])
        let outcome = server.typing.type("run", "a/b")
        #expect(outcome.exit == .permission)
        #expect(outcome.err.contains("sudo usermod -aG clvd $USER, then log in again"))
    }

    @Test("an answer that is no answer is told as such")
    func rubbish() throws {
        let server = try service([("GET /v1/status", 200, "<html>")])
        let outcome = server.typing.type("status")
        #expect(outcome.exit == .unreachable && outcome.err.contains("<html>"))
    }
}
