import Configuration
import Domain
import Glibc
import Postgres
import TestSupport
import Testing
import WorkerContract

private let isLongTier = unsafe getenv("CLVD_LONG_TESTS") != nil

/// Whole runs over sources that are made from a seed: 200 in the long tier, a few of them always.
@Suite(
    .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence)),
    .timeLimit(.minutes(30))
)
struct NastySourceTests {
    @Test("the sources of a round are 200 different ones, whatever the seed")
    func different() {
        let seed = UInt64.random(in: 0...999_999)
        let sources = (0..<200).map { NastySource(number: $0, seed: seed) }
        #expect(Set(sources.map { $0.script }).count == 200, "seed \(seed)")
        let refused = Set(sources.filter(\.isRefused).map(\.query))
        #expect(refused.count >= NastySource.refused.count, "seed \(seed)")
        #expect(Set(sources.filter { !$0.isRefused }.map(\.query)).count == 140, "seed \(seed)")
    }

    @Test("whatever a source looks like, its forecast is right or refused with a reason and a fix")
    func sources() throws {
        let seed = isLongTier ? UInt64.random(in: 0...999_999) : 5
        let shop = try Shop()
        let canary = try Canary(shop)
        for number in 0..<(isLongTier ? 200 : 5) {
            let source = NastySource(number: number, seed: seed)
            let place = Comment(rawValue: "seed \(seed), source \(number):\n\(source.query)")
            try shop.database.connect().executeScript(source.script)
            let query = source.query.replacing("CANARY_FILE", with: canary.file)
            let plan = shop.plan(query, job: "n\(number)") {
                $0.source.columns = source.columns
                // What is read and written does not depend on them, and these are quick.
                $0.job.models = ["bg_nbd", "gamma_gamma"]
            }
            do {
                let ending = try Programs.work(on: plan)
                if source.isRefused {
                    try expectRefusal(ending, plan, shop, place)
                } else {
                    try expectForecast(ending, source, plan, shop, place)
                }
            } catch is ExpectationFailedError {
                // It is on record, and the others are to be seen too.
            }
            try canary.expectAlive(place)
        }
        #expect(try shop.orphans() == [])
    }

    private func expectRefusal(
        _ ending: Ending,
        _ plan: Plan,
        _ shop: Shop,
        _ place: Comment
    ) throws {
        let error = try #require(try ending.result().error, place)
        let known: [ExitCode] = [.refused, .configuration, .transient]
        #expect(known.map(\.rawValue).contains(ending.code), place)
        #expect(!error.code.isEmpty && error.fix?.isEmpty == false, "\(error)\n\(place)")
        #expect(error.code != "statement_failed", "\(error)\n\(place)")
        #expect(!error.message.contains("\n") && !error.message.hasSuffix("."), place)
        try shop.expectTrace(of: plan, error)
    }

    private func expectForecast(
        _ ending: Ending,
        _ source: NastySource,
        _ plan: Plan,
        _ shop: Shop,
        _ place: Comment
    ) throws {
        try #require(ending.code == 0, "\(ending)\n\(place)")
        let rejected = source.reasons.values.reduce(0, +)
        let rows = RunResult.Rows(
            read: source.rows,
            accepted: source.rows - rejected,
            rejected: rejected,
            afterAsOf: 0
        )
        #expect(try ending.result().rows == rows, place)
        let counted = try shop.rows(
            """
            SELECT reason, count(*)::text FROM clv.rejected_rows, unnest(reasons) AS reason
            WHERE run_id = $1 GROUP BY 1
            """,
            [plan.runID]
        )
        let reasons = counted.map { ($0[0] ?? "", Int($0[1] ?? "") ?? 0) }
        #expect(Dictionary(uniqueKeysWithValues: reasons) == source.reasons, place)
        let spend = source.columns.amount == nil ? "NULL::numeric" : "sum(amount)"
        let wrong = try shop.rows(
            """
            SELECT p.customer_id, e.customer, p.historic_spend::text, e.spend::text
            FROM (SELECT * FROM clv.customers WHERE job_name = $1) AS p
                FULL JOIN (SELECT customer, \(spend) AS spend FROM expected GROUP BY 1) AS e
                ON e.customer = p.customer_id
            WHERE p.customer_id IS NULL OR e.customer IS NULL
                OR abs(p.historic_spend - e.spend) > 0.001
                OR (p.historic_spend IS NULL) <> (e.spend IS NULL)
            """,
            [plan.job]
        )
        #expect(wrong == [], place)
    }
}

/// Things in a database, and beside it, that nothing may touch.
struct Canary {
    private let shop: Shop
    /// Whose existence would betray that a command was run.
    let file: String
    private let superusers: [[String?]]

    init(_ shop: Shop) throws {
        self.shop = shop
        file = shop.folder.path + "/touched"
        try shop.database.connect().executeScript(
            "CREATE TABLE canary AS SELECT 1 AS n; CREATE SEQUENCE canary_numbers"
        )
        superusers = try shop.rows(Canary.superusers)
    }

    private static let superusers = "SELECT rolname::text FROM pg_roles WHERE rolsuper ORDER BY 1"

    func expectAlive(_ place: Comment, _ location: SourceLocation = #_sourceLocation) throws {
        #expect(
            try shop.rows("SELECT n::text FROM canary") == [["1"]],
            place,
            sourceLocation: location
        )
        let called = "SELECT is_called::text FROM canary_numbers"
        #expect(try shop.rows(called) == [["false"]], place, sourceLocation: location)
        #expect(
            try shop.rows("SELECT to_regclass('stolen')::text") == [[nil]],
            place,
            sourceLocation: location
        )
        let found = try shop.rows(Canary.superusers)
        #expect(found == superusers, place, sourceLocation: location)
        #expect(unsafe access(file, F_OK) != 0, place, sourceLocation: location)
    }
}
