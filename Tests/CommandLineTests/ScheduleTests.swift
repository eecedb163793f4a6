import CommandLine
import ControlAPI
import Domain
import Testing

/// What is said about schedules without a service, and what is asked of one.
@Suite(.timeLimit(.minutes(1))) struct ScheduleTests {
    private static let tenant = """
        [tenant]
        name = "acme"
        time_zone = "Europe/Berlin"
        [source]
        connector = { server = "db1", db = "shop", user = "clvd" }
        data_query_path = "select 1"
        customer_indicator = "user_id"
        time_indicator = "days"
        [[jobs]]
        name = "monthly"
        time_period = "month"
        schedule = "02:30"
        [[jobs]]
        name = "broken"
        time_period = "month"
        """

    private func simulate(_ words: [String], tenant: String = tenant) throws -> Outcome {
        try Typing.type(["simulate"] + words + ["--config", "."], inFolderOf: tenant)
    }

    @Test(
        "simulate lists every start of both days and those between, through a change of the clock"
    )
    func simulated() throws {
        let outcome = try simulate(["acme/monthly", "--from", "2026-03-28", "--to", "2026-03-30"])
        #expect(outcome.exit == .fine && outcome.err.isEmpty)
        #expect(
            outcome.out == """
                2026-03-28T01:30:00Z\trun\tmodel,new_model
                2026-03-29T01:00:00Z\trun\tforecast
                2026-03-30T00:30:00Z\trun\tforecast

                """
        )
        let words = ["acme/monthly", "--from", "2026-03-29", "--to", "2026-03-29", "--json"]
        let json = try simulate(words).out
        #expect(json.contains(#""schema":"clvctl.simulate/1""#))
        #expect(
            json.contains(#""at":"2026-03-29T01:00:00.000Z","due_at":"2026-03-29T01:00:00.000Z""#)
        )
        #expect(json.contains(#""time_zone":"Europe/Berlin""#))
    }

    @Test("simulate refuses what it cannot do, each with its exit code")
    func simulateRefusals() throws {
        let days = ["--from", "2026-03-28", "--to", "2026-03-30"]
        #expect(try simulate(["acme/monthly"]).err.contains("--from is missing"))
        #expect(
            try simulate(["acme/monthly", "--from", "2026-03-30", "--to", "2026-03-29"]).exit
                == .usage
        )
        #expect(
            try simulate(["acme/monthly", "--from", "2026-01-01", "--to", "2126-01-01"]).exit
                == .usage
        )
        let unknown = try simulate(["acme/monthy"] + days)
        #expect(unknown.exit == .notFound && unknown.err.contains("acme/monthly"))
        let text = ScheduleTests.tenant.replacing("02:30", with: "25:30")
        let broken = try simulate(["acme/monthly"] + days, tenant: text)
        #expect(broken.exit == .configuration && broken.err.contains("is not an hour"))
    }

    @Test("next tells from the configuration when a job starts, and says so in JSON")
    func next() throws {
        func next(_ words: String...) throws -> Outcome {
            try Typing.type(
                ["next"] + words + ["--config", "."],
                inFolderOf: ScheduleTests.tenant
            )
        }
        let outcome = try next("acme/monthly", "--count", "3")
        #expect(outcome.exit == .fine && outcome.err.isEmpty)
        #expect(
            outcome.out == """
                2023-11-15T01:30:00Z\tschedule
                2023-11-16T01:30:00Z\tschedule
                2023-11-17T01:30:00Z\tschedule

                """
        )
        let json = try next("acme/monthly", "--count", "1", "--json").out
        #expect(json.contains(#""schema":"clvctl.next/1""#))
        #expect(json.contains(#""source":"configuration""#))
        #expect(json.contains(#""at":"2023-11-15T01:30:00.000Z""#))
        #expect(try next("acme/monthy").exit == .notFound)
        #expect(try next("acme/monthly", "--socket", "/nowhere/s").exit == .usage)
        // A service that somebody names is asked, and nothing else.
        let named = Typing().type("next", "acme/monthly", "--socket", "/nowhere/s")
        #expect(named.exit == .unreachable && named.out.isEmpty)
    }

    @Test(
        "a schedule by which nothing starts is told so everywhere, with the reason",
        arguments: [
            (
                "blackout = [\"Mon..Fri\", \"Sat,Sun\"]",
                "its blackouts or exclusions leave no time"
            ), ("exclude_calendar = [\"*-*-*\"]", "its blackouts or exclusions leave no time"),
            ("schedule = \"2020-01-01 03:00\"", "its last time was 2020-01-01 03:00"),
        ]
    )
    func idle(line: String, why: String) throws {
        let tenant = ScheduleTests.tenant + "\n" + line
        let words = ["acme/broken", "--config", "."]
        let days = ["--from", "2026-03-28", "--to", "2026-03-30"]
        let next = try Typing.type(["next"] + words, inFolderOf: tenant)
        let sentence =
            "Nothing of acme/broken starts by itself: \(why). "
            + "Start it by hand: clvctl run acme/broken\n"
        #expect(next.exit == .fine && next.out.isEmpty && next.err == sentence)
        let shown = try Typing.type(["next"] + words, inFolderOf: tenant) {
            $0.out = Typing.terminal
        }
        #expect(shown.out == sentence && shown.err.isEmpty)
        let json = try Typing.type(["next"] + words + ["--json"], inFolderOf: tenant).out
        #expect(json.contains("\"reason\":\"\(why)\""))
        let simulated = try Typing.type(["simulate"] + words + days, inFolderOf: tenant)
        #expect(simulated.out.isEmpty)
        #expect(simulated.err == "Nothing starts by itself: \(why)\n")
        let check = try Typing.type(["config", "check", "."], inFolderOf: tenant)
        #expect(check.exit == .fine)
        #expect(
            check.err.contains("warning[C109]: job \"broken\" never starts by itself: \(why)\n")
        )
        #expect(check.out == "The configuration is good: 1 file, 0 errors, 1 warning\n")
    }

    @Test("simulate stops at a limit and says so, for people and for scripts")
    func simulateLimit() throws {
        let tenant = ScheduleTests.tenant.replacing("02:30", with: "*:*:*")
        let words = ["acme/monthly", "--from", "2026-03-28", "--to", "2026-04-30"]
        let cut = try simulate(words + ["--limit", "3"], tenant: tenant)
        #expect(cut.out.split(separator: "\n").count == 3)
        let note =
            "Stopped after 3 starts, there are more: choose a nearer --to or a higher --limit"
        #expect(cut.err == note + "\n")
        let json = try simulate(words + ["--limit", "3", "--json"], tenant: tenant).out
        #expect(json.contains(#""is_complete":false"#) && json.contains(note))
        let whole = ["acme/monthly", "--from", "2026-03-28", "--to", "2026-03-30"]
        let all = try simulate(whole + ["--limit", "3", "--json"]).out
        #expect(all.contains(#""is_complete":true"#) && !all.contains("note"))
    }

    @Test("a cron line becomes calendar expressions, one a line")
    func cron() {
        let outcome = Typing().type("cron2calendar", "0 3 1 * sun")
        #expect(outcome.exit == .fine)
        #expect(outcome.out == "*-*-01 03:00:00\nSun *-*-* 03:00:00\n")
        let json = Typing().type("cron2calendar", "30 2 * * *", "--json").out
        #expect(json.contains(#""calendars":["*-*-* 02:30:00"]"#))
        let refused = Typing().type("cron2calendar", "0 3")
        #expect(refused.exit == .usage && refused.err.contains("it has 2 fields, not 5"))
        let unquoted = Typing().type("cron2calendar", "0", "3", "*", "*", "*")
        #expect(unquoted.exit == .usage)
        let fix = "put the line in quotes, as in clvctl cron2calendar '30 2 * * mon-fri'"
        #expect(unquoted.err.contains("\"3\" is one word too many"))
        #expect(unquoted.err.contains(fix))
    }

    @Test("hold, release and resume say what they did")
    func holds() throws {
        let problem = ProblemReport(code: "held_by_operator", message: "uid 0 holds the job")
        let until = Typing.now + 3 * 86_400
        let hold = HoldStatus(
            since: Typing.now,
            until: until,
            isByOperator: true,
            problem: problem,
            runID: nil
        )
        let server = try service([
            (
                "POST /v1/jobs/acme/monthly/hold", 200,
                text(HoldAnswer(tenant: "acme", job: "monthly", hold: hold))
            ),
            (
                "DELETE /v1/jobs/acme/monthly/hold", 200,
                text(HoldAnswer(tenant: "acme", job: "monthly", hold: nil))
            ), ("POST /v1/resume", 200, text(ResumeAnswer(wasSuspended: true))),
        ])
        let typing = server.typing
        let held = typing.type("hold", "acme/monthly", "--until", "3d", "--reason", "stocktaking")
        #expect(held.out == "acme/monthly is held until 2023-11-17T22:13:20Z\n")
        #expect(typing.type("release", "acme/monthly").out == "acme/monthly is released\n")
        #expect(typing.type("resume").out == "Jobs start again\n")
        let wrong = typing.type("hold", "acme/monthly", "--until", "soon")
        #expect(wrong.exit == .usage && wrong.err.contains("\"soon\" is not a time"))
    }

    @Test("why shows each term with its figure and limit, and what would change the decision")
    func why() throws {
        var answer = WhyAnswer(
            tenant: "acme",
            job: "monthly",
            state: .ok,
            timeZone: "UTC",
            next: NextRun(at: Typing.now + 3600, why: "schedule")
        )
        answer.now = "it waits for its next check"
        answer.retrain = .init(isNeeded: false, "the stored version is fresh")
        answer.terms = [
            .init(name: "model_age", state: "fresh", number: 9, limit: 30, sentence: "9 days old")
        ]
        answer.changes = ["clvctl run acme/monthly --retrain fits the models now"]
        let server = try service([("GET /v1/jobs/acme/monthly/why", 200, text(answer))])
        let outcome = server.typing.type("why", "acme/monthly")
        for part in [
            "acme/monthly is ok", "Now: it waits for its next check",
            "Models: kept: the stored version is fresh", "(2023-11-14T23:13:20Z, schedule)",
            "- clvctl run acme/monthly --retrain",
        ] { #expect(outcome.out.contains(part), "\(part) in\n\(outcome.out)") }
        let row = outcome.out.split(separator: "\n").first { $0.contains("model_age") }
        let words = row?.split(whereSeparator: { $0 == " " || $0 == "\t" }).prefix(4)
        #expect(words.map(Array.init) == ["model_age", "fresh", "9", "30"])
    }

    @Test("checks lists what each look found, for people and for scripts")
    func checks() throws {
        let answer = ChecksAnswer(
            tenant: "acme",
            job: "monthly",
            checks: [
                .init(
                    at: Typing.now + -60,
                    verdict: "stale",
                    reasons: ["model_age", "new_model"],
                    staleSince: Typing.now + -86_400
                ),
                .init(
                    at: Typing.now + -3660,
                    verdict: "skipped",
                    reasons: ["held"],
                    staleSince: nil
                ),
            ],
            stillSo: ["the model is 31 days old, more than the limit of 30 (month)"]
        )
        let server = try service([
            ("GET /v1/jobs/acme/monthly/checks?limit=20", 200, text(answer)),
            ("GET /v1/jobs/acme/monthly/checks?limit=3", 200, text(answer)),
        ])
        var typing = server.typing
        #expect(
            typing.type("checks", "acme/monthly", "--limit", "3").out == """
                2023-11-14T22:12:20Z\tstale\tmodel_age,new_model\t2023-11-13T22:13:20Z
                2023-11-14T21:12:20Z\tskipped\theld\t

                """
        )
        let json = typing.type("checks", "acme/monthly", "--json").out
        #expect(json == (try text(answer)) + "\n")
        #expect(json.contains(#""schema":"clvctl.checks/1""#) && json.contains(#""stale_since""#))
        typing.out = Typing.terminal
        let shown = typing.type("checks", "acme/monthly")
        #expect(shown.exit == .fine)
        #expect(
            shown.out == """
                CHECKED      UTC                   FOUND    STALE SINCE      BECAUSE
                today 23:12  2023-11-14T22:12:20Z  stale    yesterday 23:13  model_age, new_model
                today 22:12  2023-11-14T21:12:20Z  skipped  -                held

                still so: the model is 31 days old, more than the limit of 30 (month)

                """
        )
    }

    @Test("without any check one line says when the first one comes")
    func noChecks() throws {
        let answer = ChecksAnswer(tenant: "acme", job: "monthly", checks: [], stillSo: [])
        let server = try service([
            ("GET /v1/jobs/acme/monthly/checks?limit=20", 200, text(answer))
        ])
        var typing = server.typing
        #expect(typing.type("checks", "acme/monthly").out.isEmpty, "no line for scripts")
        typing.out = Typing.terminal
        #expect(
            typing.type("checks", "acme/monthly").out
                == "No checks yet. When the first one comes: clvctl next acme/monthly\n"
        )
    }

    @Test("runs asks for those in one state, and says when there are none")
    func runsByState() throws {
        let server = try service([
            ("GET /v1/runs?state=failed&limit=20", 200, text(RunsAnswer(runs: [])))
        ])
        var typing = server.typing
        typing.out = Typing.terminal
        let outcome = typing.type("runs", "--state", "failed")
        #expect(outcome.out == "No run is failed. All of them: clvctl runs\n")
    }

    @Test("cancel takes a job too, and finds the run that it has")
    func cancel() throws {
        var job = try Samples.job("acme", .running)
        job.current = CurrentRun(runID: "r-1", startedAt: nil, stage: nil)
        var run = Run(
            runID: "r-1",
            tenant: "acme",
            job: "monthly",
            state: .running,
            queuedAt: Typing.now
        )
        run.attempt = 1
        let server = try service([
            (
                "GET /v1/jobs/acme/monthly", 200,
                text(JobAnswer(job: job, runs: [], models: [], next: []))
            ), ("DELETE /v1/runs/r-1", 202, text(RunAnswer(run: run, exitCode: .fine))),
        ])
        let outcome = server.typing.type("cancel", "acme/monthly")
        #expect(outcome.out == "Run r-1 of acme/monthly is asked to stop\n")
    }
}
