import Domain
import TestSupport
import Testing
import WorkerContract

@Suite(
    .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence)),
    .timeLimit(.minutes(2))
)
struct BadDataTests {
    private static let shown = "; rejected_rows, or --rejected FILE, shows the rows"

    private static func noPurchases(_ query: String, _ cause: String, _ fix: String) -> Refusal {
        Refusal(
            query,
            .refused,
            "no_purchases",
            "no purchases are left of 40 rows",
            cause: cause,
            fix: fix + shown
        )
    }

    private static let times =
        "write times as 2024-12-31 or 2024-12-31T23:59:59+01:00, from 1950-01-01 on"

    private static let refusals = [
        Refusal(
            "select c, t, a from bare",
            .refused,
            "no_purchases",
            "the source has no rows",
            fix: "run the query of data_query_path in psql, or open the file"
        ),
        Refusal(
            "select 'one' as c, t, a from shop",
            .refused,
            "too_few_customers",
            "cannot fit model \"bg_nbd\" to a single customer",
            fix: "check that customer_indicator, or --customer, names the customer; how customers"
                + " differ takes several of them, some with purchases on two days"
        ),
        Refusal(
            "select c, min(t) as t, sum(a) as a from shop group by c",
            .refused,
            "no_repeat_purchases",
            "cannot fit model \"bg_nbd\": none of 40 customers bought on a second day",
            fix: "check that customer_indicator, or --customer, names customers and not orders, and"
                + " that the source reaches back far enough; a purchase model learns from those who"
                + " came back"
        ),
        noPurchases(
            "select c, t, -a as a from shop limit 40",
            "40 return_without_purchase",
            "check the sign of the amounts: purchases are zero or more"
        ),
        noPurchases(
            "select null::int as c, null::date as t, null::float8 as a from shop limit 40",
            "40 no_customer, 40 no_time, 40 amount_missing",
            "check customer_indicator or --customer, whose cells are empty"
        ),
        noPurchases(
            "select repeat(c, 1024) as c, t, a from shop limit 40",
            "40 invalid_customer",
            "name customers by UTF-8 text of at most 1024 bytes"
        ),
        noPurchases("select c, '31/12/24' as t, a from shop limit 40", "40 invalid_time", times),
        noPurchases(
            "select c, date '0001-01-01' as t, a from shop limit 40",
            "40 invalid_time",
            times
        ),
        noPurchases(
            "select c, timestamptz '294276-12-31 23:59Z' as t, a from shop limit 40",
            "40 invalid_time",
            times
        ),
        noPurchases(
            "select c, t + 36525 as t, a from shop limit 40",
            "40 time_in_future",
            "check time_indicator or --time, whose days are still to come"
        ),
        noPurchases(
            "select c, t, '1.7e308'::float8 as a from shop limit 40",
            "40 amount_too_large",
            "correct amounts of 100,000,000,000,000 and more"
        ),
        noPurchases(
            "select c, t, 'NaN'::numeric as a from shop limit 40",
            "40 amount_not_finite",
            "write amounts as plain numbers such as 1234.50"
        ),
        Refusal(
            "select c, t, 9e13 as a from shop",
            .refused,
            "unpublishable_value",
            "historic_spend of customer \"u0\" cannot be published",
            cause: "900000000000000.0 does not fit numeric(18,4)",
            fix: "correct amounts of this size in the source, or express them in a larger unit"
        ),
    ]

    @Test(
        "data that nothing can be forecast from are refused with their reason",
        arguments: refusals
    )
    func refused(_ refusal: Refusal) throws {
        let shop = try Shop.shared.get()
        let plan = shop.plan(refusal.input)
        let ending = try Programs.work(on: plan)
        #expect(try ending.problem() == refusal.error)
        #expect(ending.code == refusal.exit.rawValue)
        try shop.expectTrace(of: plan, refusal.error)
        let rejected = "SELECT count(*)::text FROM clv.rejected_rows WHERE run_id = $1"
        let count = refusal.error.message.hasSuffix("40 rows") ? "40" : "0"
        #expect(try shop.rows(rejected, [plan.runID]) == [[count]])
    }

    /// Spoilt cells among good ones: the query, and how many rows have which reason.
    struct Mixture: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var query: String
        var reasons: [String: Int]
        /// The raw text of one rejected row.
        var raw: String?

        init(
            _ name: String,
            time: String = "t",
            amount: String = "a",
            customer: String = "c",
            _ reasons: [String: Int],
            raw: String? = nil
        ) {
            testDescription = name
            query = "select \(customer) as c, \(time) as t, \(amount) as a from shop"
            self.reasons = reasons
            self.raw = raw
        }
    }

    /// Amounts go from 10 to 18; each of 10 to 13 stands in 45 of the 400 rows, the others in 44.
    private static let mixtures = [
        Mixture(
            "dates as text",
            time: "case when a = 10 then '31.12.2024' when a = 11 then '' when a = 12 then"
                + " '2024-02-30' when a = 13 then '2024-03-01T23:30:00Z' else t::text end",
            ["invalid_time": 90, "no_time": 45],
            raw: "u0,31.12.2024,10.0"
        ),
        Mixture(
            "instants at the ends of the calendar",
            time: "case when a = 10 then timestamptz '294276-12-31 23:59Z' when a = 11 then"
                + " timestamptz '4714-11-24 00:00Z BC' when a = 12 then 'infinity'"
                + " when a = 13 then null else t end",
            ["invalid_time": 135, "no_time": 45],
            raw: "u0,a day after 9999-12-31,10.0"
        ),
        Mixture(
            "times without a zone at the ends of the calendar",
            time: "case when a = 10 then timestamp '294276-12-31 23:59' when a = 11 then"
                + " '4713-01-01 BC' when a = 12 then '-infinity' when a = 13 then '1900-01-01'"
                + " else t end",
            ["invalid_time": 180],
            raw: "u0,a day after 9999-12-31,10.0"
        ),
        Mixture("instants near midnight", time: "t + time '23:30' at time zone 'UTC'", [:]),
        Mixture(
            "numbers that are none",
            amount: "case when a = 10 then 'NaN' when a = 11 then 'infinity' when a = 12 then"
                + " '-infinity' when a = 13 then null else a end",
            ["amount_not_finite": 135, "amount_missing": 45],
            raw: "u0,2024-01-01,nan"
        ),
        Mixture(
            "floating numbers that are none",
            amount: "case when a = 10 then 'NaN'::float8 when a = 11 then 'infinity'"
                + " when a = 12 then null when a = 13 then -1e300 else a end",
            ["amount_not_finite": 90, "amount_missing": 45, "amount_too_large": 45]
        ),
        Mixture(
            "amounts as text",
            amount: "case when a = 10 then '1.234,50' when a = 11 then '-inf' when a = 12 then ''"
                + " when a = 13 then '1e1' else a::text end",
            ["amount_unreadable": 45, "amount_not_finite": 45, "amount_missing": 45],
            raw: "u0,2024-01-01,1.234,50"
        ),
        Mixture(
            "hostile names",
            customer: "case when a = 10 then repeat('x', 10000) when a = 11 then null when a = 12"
                + " then '' else c || E'\\x1b[31m''\"\\n,;\\u202e' end",
            ["invalid_customer": 45, "no_customer": 90]
        ),
    ]

    @Test("spoilt rows among good ones are rejected, counted and kept", arguments: mixtures)
    func mixed(_ mixture: Mixture) throws {
        let shop = try Shop.shared.get()
        let plan = shop.plan(mixture.query)
        let ending = try Programs.work(on: plan)
        try #require(ending.code == 0, "\(ending)")
        let rejected = mixture.reasons.values.reduce(0, +)
        #expect(
            try ending.result().rows
                == .init(
                    read: 400,
                    accepted: 400 - rejected,
                    rejected: rejected,
                    afterAsOf: 0
                )
        )
        let counted = try shop.rows(
            """
            SELECT reason, count(*)::text FROM clv.rejected_rows, unnest(reasons) AS reason
            WHERE run_id = $1 GROUP BY 1
            """,
            [plan.runID]
        )
        #expect(
            Dictionary(uniqueKeysWithValues: counted.map { ($0[0] ?? "", Int($0[1] ?? "") ?? 0) })
                == mixture.reasons
        )
        if let raw = mixture.raw {
            let first = "SELECT raw FROM clv.rejected_rows WHERE run_id = $1 AND row_number = 1"
            #expect(try shop.rows(first, [plan.runID]) == [[raw]])
        }
        let published = try shop.rows(
            "SELECT count(DISTINCT customer_id)::text FROM clv.customer_predictions"
                + " WHERE job_name = $1",
            [plan.job]
        )
        #expect(published == [["40"]])
    }

    @Test("an as-of date that is not over is refused, and one before all purchases too")
    func asOf() throws {
        let shop = try Shop.shared.get()
        var future = shop.plan("select c, t, a from shop")
        future.asOf = Day("9999-12-31")
        var past = shop.plan("select c, t, a from shop")
        past.asOf = Day("2001-01-01")
        let errors = [
            ProblemReport(
                code: "as_of_in_future",
                message: "as-of date 9999-12-31 is in the future",
                fix: "choose a day that is over, or leave it out"
            ),
            ProblemReport(
                code: "no_purchases",
                message: "no purchase was made by 2001-01-01: all 400 rows are later",
                cause: "400 after 2001-01-01",
                fix: "choose an as-of date later than 2001-01-01"
            ),
        ]
        for (plan, error) in zip([future, past], errors) {
            let ending = try Programs.work(on: plan)
            #expect(try ending.problem() == error)
            #expect(ending.code == ExitCode.refused.rawValue)
            try shop.expectTrace(of: plan, error)
        }
    }
}
