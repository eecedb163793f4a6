import CommandLine
import ControlAPI
import Testing

/// Real files in a directory of their own.
@Suite(.timeLimit(.minutes(1))) struct ConfigTests {
    private static let tenant = """
        [tenant]
        name = "acme"
        time_zone = "UTC"
        [source]
        connector = { server = "db1", db = "shop", user = "clvd" }
        data_query_path = "select 1"
        customer_indicator = "user_id"
        time_indicator = "days"
        [[jobs]]
        name = "monthly"
        job = "train_prediction"
        time_period = "month"
        """

    private func type(
        tenant: String,
        _ words: [String],
        _ adjust: (inout Typing) -> Void = { _ in }
    ) throws -> Outcome {
        try Typing.type(words, inFolderOf: tenant, adjust)
    }

    @Test("a good configuration is called good")
    func good() throws {
        let outcome = try type(tenant: ConfigTests.tenant, ["config", "check", "."])
        #expect(outcome.exit == .fine && outcome.err.isEmpty)
        #expect(outcome.out == "The configuration is good: 1 file, 0 errors, 0 warnings\n")
    }

    @Test("a bad key is shown with its place and a suggestion, and ends with 5")
    func bad() throws {
        let text = ConfigTests.tenant.replacing("time_zone", with: "timezone")
        let outcome = try type(tenant: text, ["config", "check", "."])
        #expect(outcome.exit == .configuration && outcome.out.isEmpty)
        #expect(outcome.err.contains("tenants.d/acme.toml:3:1"))
        #expect(outcome.err.contains("did you mean \"time_zone\"?"))
        let json = try type(tenant: text, ["config", "check", ".", "--json"])
        #expect(json.exit == .configuration && json.err.isEmpty)
        #expect(json.out.contains(#""error_count":1,"exit_code":5,"file_count":1"#))
        #expect(json.out.contains(#""start":{"column":1,"line":3}"#))
    }

    @Test("a migration is asked of the worker, tenant by tenant")
    func migrate() throws {
        let script = """
            echo "$plan" >&2
            echo '{"schema":"clvd.event/1","run_id":"r","at":"2026-01-01T00:00:00.000Z",\
            "type":"result","status":"succeeded","models":[],"totals":[]}'
            """
        let outcome = try type(tenant: ConfigTests.tenant, ["db", "migrate", "--config", "."]) {
            $0.variables = [
                "CLV_WORKER": WorkerTests.worker, "PATH": "/usr/bin:/bin", "SCRIPT": script,
            ]
        }
        #expect(outcome.exit == .fine)
        #expect(outcome.out == "acme: the schema \"clv\" is up to date\n")
        #expect(outcome.err.contains(#""action":"migrate""#))
    }

    @Test("an unknown tenant and a broken one are told before anything is done")
    func migrateRefusals() throws {
        let words = ["db", "migrate", "acne", "--config", "."]
        let unknown = try type(tenant: ConfigTests.tenant, words)
        #expect(unknown.exit == .notFound && unknown.err.contains("did you mean \"acme\"?"))
        let text = ConfigTests.tenant.replacing("time_zone", with: "timezone")
        let broken = try type(tenant: text, ["db", "migrate", "--config", "."])
        #expect(broken.exit == .configuration && broken.err.contains("acme.toml:3:1"))
    }

    private func worker(_ database: String) -> String {
        """
        echo "$plan" >&2
        echo '{"schema":"clvd.event/1","run_id":"r","at":"2026-01-01T00:00:00.000Z",\
        "type":"result","status":"succeeded","models":[],"totals":[],"database":\(database)}'
        """
    }

    private func type(_ words: [String], reporting database: String) throws -> Outcome {
        try type(tenant: ConfigTests.tenant, words + ["--config", "."]) {
            $0.variables = [
                "CLV_WORKER": WorkerTests.worker, "PATH": "/usr/bin:/bin",
                "SCRIPT": worker(database),
            ]
        }
    }

    @Test("a dry migration shows what is missing, and ends with 10")
    func dryMigration() throws {
        let words = ["db", "migrate", "--dry-run", "--show-sql"]
        let report = #"{"steps":[{"number":1,"name":"tables","sql":"SELECT 1;"}],"checks":[]}"#
        let outcome = try type(words, reporting: report)
        #expect(outcome.exit == .planHasChanges)
        #expect(outcome.out == "acme: migration 1, tables, would be applied\nSELECT 1;\n")
        #expect(outcome.err.contains(#""isDryRun":true"#))
    }

    @Test("grants are printed as they came, for psql")
    func grants() throws {
        let report = #"{"steps":[],"checks":[],"script":"BEGIN;\\nCOMMIT;"}"#
        let outcome = try type(["db", "grants", "acme", "--role", "r"], reporting: report)
        #expect(outcome.exit == .fine && outcome.out == "BEGIN;\nCOMMIT;\n")
        #expect(outcome.err.contains(#""role":"r""#))
        #expect(try type(["db", "grants"], reporting: report).exit == .usage)
    }

    @Test("checks are shown line by line, and one that fails ends with 1")
    func checks() throws {
        let report = """
            {"steps":[],"checks":[{"claim":"all is well","findings":[]},{"claim":"no superuser",\
            "findings":[{"what":"role a is SUPERUSER","fix":"run: ALTER ROLE a NOSUPERUSER"}]}]}
            """
        let outcome = try type(["db", "check", "acme"], reporting: report)
        #expect(outcome.exit == .failed)
        #expect(
            outcome.out == """
                acme
                  ok     all is well
                  fails  no superuser
                           role a is SUPERUSER
                           fix    run: ALTER ROLE a NOSUPERUSER

                """
        )
        let json = try type(["db", "check", "--json"], reporting: report)
        #expect(json.exit == .failed && json.out.contains(#""exit_code":1"#))
        #expect(json.out.contains(#""ok":false"#))
    }

    @Test("a warning of a check is shown with its fix, and ends well")
    func warning() throws {
        let report = """
            {"steps":[],"checks":[{"claim":"there is room","warning":true,\
            "findings":[{"what":"there is little","fix":"run: ALTER SYSTEM"}]}]}
            """
        let outcome = try type(["db", "check", "acme"], reporting: report)
        #expect(outcome.exit == .fine)
        #expect(
            outcome.out == """
                acme
                  warns  there is room
                           there is little
                           fix    run: ALTER SYSTEM

                """
        )
        let json = try type(["db", "check", "--json"], reporting: report)
        #expect(json.exit == .fine && json.out.contains(#""warning":true"#))
        #expect(json.out.contains(#""ok":false"#))
    }

    @Test("going back names the job and both publications")
    func rollback() throws {
        let report = #"{"steps":[],"checks":[],"move":{"from":3,"to":2,"asOf":"2026-01-31"}}"#
        let words = ["publication", "rollback"]
        let outcome = try type(words + ["acme/monthly"], reporting: report)
        #expect(
            outcome.out == "acme/monthly: readers see publication 2, with purchases until "
                + "2026-01-31, before it was 3\n"
        )
        #expect(try type(words + ["acme/x"], reporting: report).exit == .notFound)
        #expect(try type(words + ["acme"], reporting: report).exit == .usage)
    }
}
