import CommandLine
import ControlAPI
import Glibc
import TestSockets
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
        let directory = try #require(temporaryDirectory())
        let folder = directory + "/tenants.d"
        let path = folder + "/acme.toml"
        unsafe mkdir(folder, 0o700)
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        let bytes = Array(tenant.utf8)
        #expect(unsafe write(file, bytes, bytes.count) == bytes.count)
        close(file)
        defer {
            unsafe unlink(path)
            unsafe rmdir(folder)
            unsafe rmdir(directory)
        }
        var typing = Typing()
        typing.directory = directory
        adjust(&typing)
        return typing.type(words)
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
}
