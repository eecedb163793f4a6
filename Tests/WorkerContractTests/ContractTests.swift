import Configuration
import Domain
import JSONCoding
import Testing
import WorkerContract

@Suite struct ContractTests {
    private let at = Instant(seconds: 1_700_000_000)

    @Test("every event survives the line")
    func events() throws {
        var result = RunResult(status: .failed, error: ProblemReport(code: "x", message: "y"))
        result.rows = .init(read: 3, accepted: 2, rejected: 1)
        result.totals = [.init(horizonDays: 30, purchases: .init(1.5))]
        let contents: [Event.Content] = [
            .runStarted, .stageStarted(.train),
            .progress(.ingest, done: 5, total: nil, unit: "rows"),
            .warning(code: "few", message: "m", fix: nil),
            .stageFinished(.score, seconds: 1.25, rows: 7), .result(result),
        ]
        for content in contents {
            let event = Event(runID: "r-1", at: at, content: content)
            let line = try JSONCoding.encode(event)
            #expect(!line.contains(10))
            #expect(try JSONCoding.decode(Event.self, from: line) == event)
        }
    }

    @Test("a plan of another schema is refused by name")
    func foreignSchema() throws {
        let text = #"{"schema":"clvd.plan/9","kind":"run","run_id":"r","tenant":"t","job":"j"}"#
        let error = #expect(throws: ForeignSchema.self) {
            try JSONCoding.decode(Plan.self, from: text.utf8)
        }
        #expect(
            error?.message
                == #"schema "clvd.plan/9" is not known here, this program speaks "clvd.plan/1""#
        )
    }

    @Test("a sample plan survives the line")
    func plan() throws {
        let work = Plan.Work.sample(.init(customers: 10, seed: .max, directory: "/d"))
        let plan = Plan(runID: "r-1", tenant: "a", job: "b", asOf: Day("2026-01-31"), work: work)
        let back = try JSONCoding.decode(Plan.self, from: try JSONCoding.encode(plan))
        #expect(back.asOf == plan.asOf)
        guard case .sample(let settings) = back.work else { Issue.record("wrong kind"); return }
        #expect(settings.seed == .max)
    }
}
