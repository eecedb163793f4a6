import Configuration
import Domain
import FileSystem
import JSONCoding
import TestSupport
import Testing
import WorkerContract

@Suite(.timeLimit(.minutes(2))) struct BadPlanTests {
    private static func noPlan(_ cause: String) -> ProblemReport {
        ProblemReport(
            code: "bad_plan",
            message: "standard input does not begin with a plan",
            cause: cause,
            fix: "let clvd or clvctl of the same version start it: try \"clvctl help\""
        )
    }

    @Test(
        "standard input that brings no plan is refused",
        arguments: [
            ("</dev/null", "standard input is empty"), ("</dev/zero", "the line has no end"),
        ]
    )
    func noLine(redirection: String, cause: String) throws {
        let ending = try Programs.shell("clv_worker \(redirection)")
        #expect(try ending.problem() == BadPlanTests.noPlan(cause))
        #expect(ending.code == ExitCode.configuration.rawValue)
        #expect(ending.errors.isEmpty)
    }

    @Test(
        "a line that is no plan is refused with what is wrong in it",
        arguments: [
            ("", "the line is not JSON"), ("\0\u{1b}[31mhello", "the line is not JSON"),
            ("[1, 2]", "the line is not of type Dictionary<String, Any>"),
            ("{}", "schema is missing"), (#"{"schema": 1}"#, "schema is not of type String"),
            (#"{"schema": "clvd.plan/1"}"#, "run_id is missing"),
        ]
    )
    func noPlan(line: String, cause: String) throws {
        let ending = try Programs.work(onLine: Array(line.utf8))
        #expect(try ending.problem() == BadPlanTests.noPlan(cause))
        #expect(ending.code == ExitCode.configuration.rawValue)
    }

    @Test(
        "a plan with a part of another shape is refused by the part's name",
        arguments: [
            ("\"clvd.plan/1\"", "\"clvd.plan/2\"", nil),
            (
                "\"run\"", "\"dance\"",
                "kind: Cannot initialize Kind from invalid String value dance"
            ),
            (
                "\"month\"", "\"fortnight\"",
                "settings.job.PERIOD: \"fortnight\" is not a time period"
            ),
            ("\"attempt\":1", "\"attempt\":\"one\"", "attempt is not of type Int"),
            ("\"attempt\":1", "\"attempt\":1e99", "the line is not JSON"),
            (
                "\"as_of\":\"2024-01-31\"", "\"as_of\":\"2024-01-32\"",
                "as_of: \"2024-01-32\" is not a date of the form YYYY-MM-DD"
            ),
            ("\"timeZone\":", "\"zone\":", "settings.timeZone is missing"),
        ] as [(String, String, String?)]
    )
    func otherShape(part: String, other: String, cause: String?) throws {
        var plan = try plan()
        plan.asOf = Day("2024-01-31")
        let line = try JSONCoding.text(plan)
        try #require(line.contains(part))
        let ending = try Programs.work(onLine: Array(line.replacing(part, with: other).utf8))
        #expect(ending.code == ExitCode.configuration.rawValue)
        let problem = try ending.problem()
        guard let cause else {
            #expect(
                problem
                    == ProblemReport(
                        code: "foreign_schema",
                        message: "schema \"clvd.plan/2\" is not known here, this program speaks"
                            + " \"clvd.plan/1\"",
                        fix: "install clvd, clvctl and clv-worker of one version"
                    )
            )
            return
        }
        #expect(problem.code == "bad_plan")
        let found = try #require(problem.cause)
        let periods = ["timePeriod", "maxModelAge", "horizons.0"]
        #expect(
            periods.contains { found.hasPrefix(cause.replacing("PERIOD", with: $0)) }
        )
    }

    @Test("a plan with impossible values is refused with all of them, and nothing is done")
    func impossible() throws {
        var plan = try plan()
        plan.runID = "../x"
        plan.tenant = ""
        plan.job = "a\u{1b}b"
        plan.attempt = 0
        plan.store = ""
        guard case .run(var settings) = plan.work else { return }
        settings.job.horizons = []
        settings.job.grossMargin = 1e308
        settings.job.annualDiscountRate = -2
        settings.job.rejectedRowsKept = -1
        settings.job.keepPublications = 0
        settings.job.scoredPublications = -1
        settings.job.historyDays = 0
        settings.job.rejectedDays = 0
        plan.work = .run(settings)
        let ending = try Programs.work(on: plan)
        #expect(
            try ending.problem()
                == ProblemReport(
                    code: "impossible_plan",
                    message: "the plan cannot be carried out",
                    cause: "run_id is no name; attempt 0 is not above 0; tenant is no name;"
                        + " job is no name; store is no absolute path;"
                        + " settings.job.horizons are none or not different;"
                        + " settings.job.grossMargin is not from 0 to 1;"
                        + " settings.job.annualDiscountRate is not from 0 to 1;"
                        + " settings.job.rejectedRowsKept is below 0;"
                        + " settings.job.keepPublications is below 1;"
                        + " settings.job.scoredPublications is below 0;"
                        + " settings.job.historyDays is below 1;"
                        + " settings.job.rejectedDays is below 1",
                    fix: "install clvd, clvctl and clv-worker of one version"
                )
        )
        #expect(ending.code == ExitCode.configuration.rawValue)
        #expect(ending.output.count == 1)
    }

    @Test(
        "a store that is no folder is told, and the run is recorded",
        .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence))
    )
    func store() throws {
        let shop = try Shop.shared.get()
        var plan = shop.plan("select c, t, a from shop")
        plan.store = shop.folder.path + "/file"
        try FileSystem.replace(plan.store, with: [])
        let error = ProblemReport(
            code: "not_a_folder",
            message: "could not read folder \"\(plan.store)/shop/\(plan.job)\"",
            cause: "Not a directory",
            fix: "check the path: a part of it is a file and no folder"
        )
        let ending = try Programs.work(on: plan)
        #expect(try ending.problem() == error)
        #expect(ending.code == ExitCode.configuration.rawValue)
        plan.store = "/nonexistent"
        try shop.expectTrace(of: plan, error)
    }

    /// Of a run that never gets to its database.
    private func plan() throws -> Plan {
        let month = try #require(TimePeriod("month"))
        var connection = ConnectionSettings()
        connection.server = "/nonexistent"
        let tenant = TenantSettings(
            name: "t",
            timeZone: "UTC",
            currency: nil,
            source: .init(
                connection: connection,
                query: "select",
                columns: .init(customer: "c", time: "t", amount: nil, order: nil)
            ),
            destination: .init(connection: connection),
            jobs: [],
            origin: "test"
        )
        return Plan(
            runID: "r",
            tenant: "t",
            job: "j",
            store: "/nonexistent",
            work: .run(.init(tenant: tenant, job: .init(name: "j", timePeriod: month)))
        )
    }
}
