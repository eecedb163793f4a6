import CommandLine
import Configuration
import ControlAPI
import Domain
import Glibc
import JSONCoding
import Synchronization
import TestSockets
import Testing
import WorkerContract

/// Real processes: shell scripts that speak as a worker does.
@Suite(.timeLimit(.minutes(1))) struct WorkerTests {
    static let worker =
        #filePath.split(separator: "/", omittingEmptySubsequences: false)
        .dropLast().joined(separator: "/") + "/Fixtures/worker"

    /// Runs `clvctl` with a worker of these shell lines; the plan is in `$plan`.
    private func typing(
        _ script: String,
        _ words: [String],
        _ adjust: (inout Typing) -> Void = { _ in }
    ) throws -> Outcome {
        var typing = Typing()
        typing.variables = [
            "CLV_WORKER": WorkerTests.worker, "PATH": "/usr/bin:/bin", "SCRIPT": script,
        ]
        adjust(&typing)
        return typing.type(words)
    }

    private func say(_ content: Event.Content) throws -> String {
        let event = Event(runID: "r", at: Typing.now, content: content)
        return "echo '\(try text(event))'\n"
    }

    private let pipeline = [
        "pipeline", "shop.csv", "--customer", "user_id", "--time", "days", "-o", "out.csv",
    ]

    private func good() throws -> String {
        var result = RunResult(status: .succeeded)
        result.rows = .init(read: 7, accepted: 5, rejected: 2)
        result.totals = [.init(horizonDays: 30, purchases: .init(12.4))]
        result.peakMemoryBytes = 5 << 20
        return try say(.stageStarted(.ingest)) + "echo a log line >&2\n"
            + say(.stageFinished(.ingest, seconds: 1.5, rows: 7)) + say(.result(result))
    }

    @Test("a pipeline shows its steps, the worker's log and the figures on standard error")
    func works() throws {
        let outcome = try typing(good(), pipeline)
        #expect(outcome.exit == .fine && outcome.out.isEmpty)
        let lines = Set(outcome.err.split(separator: "\n").map(String.init))
        #expect(
            lines == [
                "ingest started", "a log line", "ingest done rows=7 seconds=1.5",
                "  read   7 rows, 5 accepted, 2 rejected", "  total  12 purchases in 30 days",
                "  memory 5.0 MiB at most", "  wrote  /home/ada/out.csv",
            ],
            "\(outcome.err)"
        )
    }

    @Test("the plan has absolute paths, the columns, and the horizons as they were asked for")
    func plan() throws {
        let directory = try #require(temporaryDirectory())
        defer {
            unsafe unlink(directory + "/plan")
            unsafe rmdir(directory)
        }
        let words =
            pipeline + [
                "--horizon", "90", "--horizon=year", "--as-of", "2026-01-31", "--models",
                "bg_nbd,gamma_gamma", "--priors", "none", "--order-id", "order", "--report",
                "/r.json", "--margin", "0.35", "--discount=0.1",
            ]
        let script =
            try "printf '%s' \"$plan\" > plan.tmp; mv plan.tmp \(directory)/plan\n" + good()
        #expect(try typing("cd \(directory)\n" + script, words).exit == .fine)
        let plan = try JSONCoding.decode(Plan.self, from: read(directory + "/plan"))
        guard case .pipeline(let settings) = plan.work else {
            Issue.record("not a pipeline")
            return
        }
        #expect(plan.tenant == "file" && plan.job == "pipeline")
        #expect(plan.asOf == Day("2026-01-31"))
        #expect(settings.path == "/home/ada/shop.csv" && settings.output == "/home/ada/out.csv")
        #expect(settings.horizons.map(\.days) == [90, 365])
        #expect(settings.models == ["bg_nbd", "gamma_gamma"] && settings.priors == .none)
        #expect(settings.columns.order == "order" && settings.columns.amount == nil)
        #expect(settings.report == "/r.json" && settings.rejected == nil)
        #expect(settings.grossMargin == 0.35 && settings.annualDiscountRate == 0.1)
    }

    @Test("a kind of priors that is none is refused with those that are")
    func unknownPriors() throws {
        let outcome = try typing(good(), pipeline + ["--priors", "non"])
        #expect(outcome.exit == .usage && outcome.err.contains("\"none\""), "\(outcome.err)")
    }

    @Test("fitted models are shown with their parameters, errors and what they simplified to")
    func models() throws {
        var result = RunResult(status: .succeeded)
        var model = RunResult.Model(name: "bg_nbd", version: "", trained: true, reason: "")
        model.parameters = [
            .init(name: "alpha", value: 4.41364, standardError: 0.37812),
            .init(name: "r", value: 0.24259, standardError: nil),
        ]
        model.simplifications = ["no_drop_out"]
        result.models = [model]
        result.totals = [
            .init(
                horizonDays: 30,
                purchases: .init(1653.2, low: 1364, high: 2004),
                spend: .init(59_900, low: 49_100, high: 73_200)
            ),
            .init(horizonDays: 30, group: .repeater, purchases: .init(9)),
        ]
        let outcome = try typing(say(.result(result)), pipeline)
        let lines = outcome.err.split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(4) == [
                "  model  bg_nbd fitted", "         alpha 4.414 +- 0.38, r 0.2426",
                "         simpler: no_drop_out",
                "  total  59.9 k (49.1 k to 73.2 k), 1,653 (1,364 to 2,004) purchases in 30 days",
            ],
            "\(outcome.err)"
        )
    }

    private func read(_ path: String) throws -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe Glibc.read(file, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }

    @Test(
        "the worker's end decides the exit code",
        arguments: [
            (65, CommandExit.failed), (75, .failed), (78, .configuration), (130, .interrupted),
        ]
    )
    func failures(code: Int, exit: CommandExit) throws {
        let report = ProblemReport(
            code: "no_such_column",
            message: "there is no column \"x\"",
            cause: "user_id,days",
            fix: "--customer user_id"
        )
        let script = try say(.result(RunResult(status: .failed, error: report))) + "exit \(code)"
        let outcome = try typing(script, pipeline)
        #expect(outcome.exit == exit)
        #expect(
            outcome.err
                == "clvctl: there is no column \"x\"\n  cause  user_id,days\n"
                + "  fix    --customer user_id\n"
        )
    }

    @Test("a worker that ends without a result, or by a signal, has crashed")
    func crashes() throws {
        let silent = try typing("exit 0", pipeline)
        #expect(silent.exit == .failed && silent.err.contains("exit code 0 and no result"))
        let killed = try typing("kill -SEGV $$", pipeline)
        #expect(killed.exit == .failed && killed.err.contains("signal 11: Segmentation fault"))
        let lied = try typing(good() + "exit 3", pipeline)
        #expect(lied.exit == .failed && lied.err.contains("crashed"))
    }

    @Test("a worker of another version is refused by name")
    func foreign() throws {
        let outcome = try typing("echo '{\"schema\":\"clvd.event/9\"}'; exit 0", pipeline)
        #expect(
            outcome.exit == .failed && outcome.err.contains("\"clvd.event/9\" is not known here")
        )
    }

    @Test("an error of a worker that ends with an unknown code is shown all the same")
    func unforeseen() throws {
        let report = ProblemReport(code: "internal_error", message: "not foreseen")
        let script = try say(.result(RunResult(status: .failed, error: report))) + "exit 70"
        let outcome = try typing(script, pipeline)
        #expect(outcome.exit == .failed && outcome.err == "clvctl: not foreseen\n")
    }

    @Test("lines that are no events are left alone")
    func noise() throws {
        let outcome = try typing("echo hello\necho '{}'\n" + good(), pipeline)
        #expect(outcome.exit == .fine)
    }

    @Test("Ctrl-C asks the worker to stop, and the input stays open until then")
    func interrupt() throws {
        let pressed = Atomic(0)
        let script = """
            trap 'exit 130' TERM
            read -r more &
            sleep 0.1
            kill -0 $! 2>/dev/null && echo input is open >&2
            sleep 30 &
            wait $!
            """
        let outcome = try typing(script, pipeline) { typing in
            typing.interrupts = { pressed.add(1, ordering: .relaxed).newValue > 3 ? 1 : 0 }
        }
        #expect(outcome.exit == .interrupted)
    }

    @Test("without a worker the fix says where one belongs")
    func noWorker() {
        var typing = Typing()
        typing.variables = ["CLV_WORKER": "/nowhere/clv-worker"]
        let outcome = typing.type(pipeline)
        #expect(outcome.exit == .failed && outcome.err.contains("looked for /nowhere/clv-worker"))
    }

    @Test("the table and --json cannot share standard output")
    func jsonNeedsFile() throws {
        let words = pipeline.filter { !["-o", "out.csv"].contains($0) } + ["--json"]
        #expect(try typing("exit 0", words).exit == .usage)
        let outcome = try typing(good(), pipeline + ["--json"])
        #expect(outcome.out.contains(#""schema":"clvctl.pipeline/1""#))
    }

    @Test("a sample is asked for with its size, seed and place")
    func sample() throws {
        let script = try "echo \"$plan\" >&2\n" + good()
        let outcome = try typing(
            script,
            ["sample", "--customers", "10", "--seed", "7", "-o", "shop"]
        )
        #expect(outcome.exit == .fine)
        #expect(outcome.err.contains(#""customers":10,"directory":"/home/ada/shop","seed":7"#))
        #expect(outcome.out.hasPrefix("Wrote the sample shop to /home/ada/shop\n"))
    }
}
