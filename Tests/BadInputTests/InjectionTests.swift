import Configuration
import Domain
import Glibc
import TestSupport
import Testing
import WorkerContract

private let isLongTier = unsafe getenv("CLVD_LONG_TESTS") != nil

/// Names and ids that would do something if they ever became SQL, a path or a format.
@Suite(
    .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence)),
    .timeLimit(.minutes(10))
)
struct InjectionTests {
    /// Names have no blanks, slashes and control characters; these have everything else.
    private static let names = [
        "';drop\u{a0}table\u{a0}canary;--", "a\"b", "{a,\"b\\\"}", "'||(select(1))||'", "$$;$1",
        "a\\", "%s%n", "NULL", "E'\\'", "U&\"x\"", "select", "*", "名前🧑‍🤝‍🧑", "a#b", "x'::text",
        "`touch`", "$(touch)", "..", "a;b--", String(repeating: "x", count: 255),
        String(repeating: "é", count: 127),
    ]

    private func quick(_ settings: inout RunSettings) {
        settings.job.models = ["bg_nbd", "gamma_gamma"]
    }

    @Test("names of tenants and jobs stay names, whatever they hold")
    func names() throws {
        let shop = try Shop()
        let canary = try Canary(shop)
        for name in isLongTier ? Self.names : Array(Self.names.prefix(3)) {
            var plan = shop.plan("select c, t, a from shop", adjust: quick)
            plan.tenant = name
            plan.job = name
            let ending = try Programs.work(on: plan)
            let place = Comment(rawValue: "\(name): \(ending)")
            if name.hasPrefix(".") {
                #expect(try ending.problem().code == "impossible_plan", place)
                continue
            }
            #expect(ending.code == 0, place)
            let found = try shop.rows(
                """
                SELECT tenant_id, job_name, count(*)::text FROM clv.customers
                WHERE tenant_id = $1 GROUP BY 1, 2
                """,
                [name]
            )
            #expect(found == [[name, name, "40"]], place)
            try canary.expectAlive(place)
        }
        #expect(try shop.orphans() == [])
    }

    @Test("customers stay the same from run to run, whatever their ids hold")
    func customers() throws {
        let shop = try Shop()
        let canary = try Canary(shop)
        let ids = NastyType.customers[0].cells.filter { $0.reason == nil }.map(\.sql)
        _ = try shop.rows(
            """
            CREATE TABLE nasty AS SELECT c, t, a FROM shop UNION ALL
            SELECT id, date '2024-03-01' + n::int * 3, 10 + n
            FROM unnest(ARRAY[\(ids.joined(separator: ", "))]) WITH ORDINALITY AS u (id, n)
            """
        )
        var plan = shop.plan("select c, t, a from nasty", adjust: quick)
        for run in 1...2 {
            plan.runID = "run-\(run)"
            let ending = try Programs.work(on: plan)
            #expect(ending.code == 0, "\(ending)")
        }
        let changes = try shop.rows(
            """
            SELECT run_id, changed_row_count::text, row_count::text FROM clv.publications
            WHERE job_name = $1 ORDER BY publication_number
            """,
            [plan.job]
        )
        let rows = String(40 + ids.count)
        #expect(changes == [["run-1", rows, rows], ["run-2", "0", rows]])
        try canary.expectAlive("customers")
    }
}
