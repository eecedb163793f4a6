import Domain
import Glibc
import Postgres
import Publishing
import TestSupport
import Testing

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct AftermathTests {
    @Test("only the newest publications are kept, and their rows with them")
    func retention() throws {
        let shop = try Shop()
        for run in 1...5 {
            try shop.publish(RunRecord(runID: "\(run)"), customers: numberedCustomers(100))
            #expect(OldPublications.remove(keeping: 2, in: shop.destination) == [])
        }
        #expect(
            try shop.query(leafTables) == [["customer_predictions_4"], ["customer_predictions_5"]]
        )
        let removed = "SELECT count(*) FROM clv.publications WHERE removed_at IS NOT NULL"
        #expect(try shop.query(removed) == [["3"]])
        #expect(try shop.query("SELECT count(*) FROM clv.customers") == [["100"]])
        // Another job's publications are not touched.
        let other = try shop.sibling(job: "weekly")
        try other.publish(RunRecord(runID: "w"), customers: numberedCustomers(10))
        #expect(OldPublications.remove(keeping: 1, in: other.destination) == [])
        #expect(try shop.query(leafTables).count == 3)
    }

    @Test(
        "the first publication of each quarter of a horizon stays until it is scored, or too late"
    )
    func awaitingTheirScores() throws {
        let shop = try Shop()
        let connection = try shop.database.connect()
        /// A publication of a day, and what is kept after it, as days too.
        func publish(_ day: Int, scoring scored: Int = 4) throws -> [Int?] {
            try shop.publish(
                RunRecord(runID: "day \(day)"),
                customers: numberedCustomers(5),
                asOf: Shop.day + day
            )
            let wrong = OldPublications.remove(
                keeping: 1,
                scoring: scored,
                in: shop.destination
            )
            #expect(wrong == [])
            return try shop.query(
                """
                SELECT as_of_on - date '\(Shop.day)' FROM clv.publications
                WHERE removed_at IS NULL ORDER BY 1
                """
            ).map { $0[0].flatMap { Int($0) } }
        }
        func passed(by day: Int) throws -> [PassedHorizon] {
            try PassedHorizon.all(by: Shop.day + day, in: shop.destination, on: connection)
        }
        // Spans of eight days begin at -2, 6, 30 and 38.
        for day in -2...7 { _ = try publish(day) }
        #expect(try publish(8) == [-2, 6, 8])
        let score = RealisedForecast(
            group: .all,
            customers: 5,
            purchases: .init(predicted: Ranged(2), actual: 3)
        )
        #expect(try publish(35) == [-2, 6, 35])
        #expect(try passed(by: 27).isEmpty)
        let first = try passed(by: 28)
        #expect(first.map(\.publication) == [1] && first.map(\.days) == [30])
        for _ in 1...2 { try first[0].write([score], in: shop.destination, on: connection) }
        #expect(try passed(by: 28).isEmpty)
        // The first was scored, the second can still be, until a span after its time.
        #expect(try publish(36) == [6, 35, 36])
        #expect(try passed(by: 36).map(\.publication) == [9])
        #expect(try publish(44) == [35, 44])
        #expect(try publish(45, scoring: 0) == [45])
    }

    @Test(
        "what is older than it is kept goes, in batches, and nothing of another job or still used"
    )
    func oldRecords() throws {
        let mall = try Mall(byOwner: false)
        let shop = try mall.shop(0)
        let others = [
            try mall.shop(1), Shop(mall.database, try mall.destination(0, job: "weekly")),
        ]
        for shop in [shop] + others {
            for run in 1...3 {
                try shop.publish(
                    RunRecord(runID: "\(shop.destination.job) \(run)"),
                    customers: numberedCustomers(5)
                )
            }
            #expect(OldPublications.remove(keeping: 1, in: shop.destination) == [])
        }
        let admin = try mall.database.connect()
        try admin.executeScript(
            """
            INSERT INTO clv.runs (run_id, tenant_id, job_name, status, attempt, reasons, started_at)
                SELECT 'old ' || n, tenant_id, job_name, CASE n WHEN 1 THEN 'running' ELSE 'failed' END,
                    1, '{}', now() - interval '50 days'
                FROM clv.current_publications, generate_series(1, 1500) AS n WHERE job_name = 'monthly';
            INSERT INTO clv.rejected_rows SELECT run_id, n, tenant_id, job_name, '{}', '', now()
                FROM clv.runs, generate_series(1, 2) AS n WHERE job_name = 'monthly';
            UPDATE clv.publications SET removed_at = now() - interval '50 days'
                WHERE removed_at IS NOT NULL;
            UPDATE clv.runs SET started_at = now() - interval '50 days';
            INSERT INTO clv.realised_metrics (tenant_id, job_name, publication_number,
                horizon_days, customer_group, as_of_on, realised_on, customers,
                missing_customers, measured_at)
            SELECT tenant_id, job_name, publication_number, 30, 'all', as_of_on, as_of_on, 1, 0,
                now() FROM clv.publications
            """
        )
        func counts() throws -> [String?] {
            let tables = ["runs", "publications", "realised_metrics", "rejected_rows"]
            return try tables.map { table in
                try shop.destination.connect().execute(
                    "SELECT count(*) FROM clv.\(table) WHERE job_name = 'monthly'"
                )[0, 0]
            }
        }
        func remove(_ history: Int, _ rejected: Int) throws {
            let wrong = OldRecords.remove(
                historyDays: history,
                rejectedDays: rejected,
                in: shop.destination
            )
            #expect(wrong == [])
        }
        let ofOthers =
            "SELECT count(*) FROM clv.runs WHERE tenant_id <> 'acme' OR job_name = 'weekly'"
        let before = try admin.execute(ofOthers)[0, 0]
        try remove(60, 60)
        #expect(try counts() == ["1503", "3", "3", "3006"])
        try remove(60, 40)
        #expect(try counts() == ["1503", "3", "3", "0"])
        try remove(40, 40)
        // The run of the publication that is read, and the one that seems to go on.
        #expect(try counts() == ["2", "1", "1", "0"])
        #expect(try admin.execute(ofOthers)[0, 0] == before)
        #expect(try mall.findings(0) == [])
    }

    @Test("readers go back to an earlier publication in one step, and the next run publishes anew")
    func rollback() throws {
        let shop = try Shop()
        for run in 1...3 {
            try shop.publish(RunRecord(runID: "\(run)"), customers: numberedCustomers(run * 10))
        }
        let connection = try shop.database.connect()
        func back(to number: Int? = nil) throws -> [Int] {
            let move = try Rollback.move(
                to: number,
                in: shop.destination,
                holder: "by hand",
                on: connection
            )
            #expect(move.asOf == Shop.day)
            return [move.from, move.to]
        }
        func customers() throws -> String? {
            try shop.query("SELECT count(*) FROM clv.customers")[0][0]
        }
        #expect(try back() == [3, 2])
        #expect(try customers() == "20")
        #expect(try back() == [2, 1])
        #expect(try customers() == "10")
        for number in [nil, 77] {
            let error = #expect(throws: PublishingError.self) { try back(to: number) }
            #expect(error?.code == "no_such_publication")
        }
        #expect(try back(to: 3) == [1, 3])
        #expect(try customers() == "30")
        #expect(try back(to: 1) == [3, 1])
        // What is shown is kept, however old.
        #expect(OldPublications.remove(keeping: 1, in: shop.destination) == [])
        #expect(try customers() == "10")
        try shop.publish(RunRecord(runID: "4"), customers: numberedCustomers(40))
        #expect(try customers() == "40")
    }

    @Test("nobody goes back while a run may publish")
    func rollbackMeetsRun() throws {
        let shop = try Shop()
        for run in 1...2 {
            try shop.publish(RunRecord(runID: "\(run)"), customers: numberedCustomers(10))
        }
        let lease = try shop.lease("3")
        let error = #expect(throws: PublishingError.self) {
            try Rollback.move(
                to: nil,
                in: shop.destination,
                holder: "by hand",
                on: shop.database.connect()
            )
        }
        #expect(error?.code == "lease_held")
        #expect(error?.fix?.contains("clvctl cancel acme/monthly") == true)
        try lease.release(for: shop.destination, on: shop.database.connect())
    }

    @Test("a reader with a long transaction delays the removal, and the next one finishes it")
    func delayedRemoval() throws {
        let shop = try Shop()
        for run in 1...3 {
            try shop.publish(RunRecord(runID: "\(run)"), customers: numberedCustomers(100))
        }
        let reader = try shop.database.connect()
        try reader.begin(.readOnlySnapshot)
        _ = try reader.execute("SELECT count(*) FROM clv.customer_predictions")
        let start = ContinuousClock.now
        let warnings = OldPublications.remove(
            keeping: 1,
            patience: 1,
            in: shop.destination
        )
        #expect(warnings.map(\.code) == ["statement_timeout"])
        #expect(ContinuousClock.now - start < .seconds(8), "the server ends it, not the client")
        #expect(try reader.execute("SELECT count(*) FROM clv.customer_predictions")[0, 0] == "100")
        #expect(try shop.query("SELECT count(*) FROM clv.customers") == [["100"]])
        reader.rollback()
        #expect(OldPublications.remove(keeping: 1, in: shop.destination) == [])
        #expect(try shop.query(leafTables) == [["customer_predictions_3"]])
    }

    @Test("nobody goes back to a publication whose removal has begun, and nothing shown is dropped")
    func halfRemoved() throws {
        let shop = try Shop()
        for run in 1...3 {
            try shop.publish(RunRecord(runID: "\(run)"), customers: numberedCustomers(run * 10))
        }
        let connection = try shop.database.connect()
        func back(to number: Int?) throws -> Int {
            try Rollback.move(
                to: number,
                in: shop.destination,
                holder: "by hand",
                on: connection
            ).to
        }
        #expect(try back(to: 1) == 1)
        let reader = try shop.database.connect()
        try reader.begin(.readOnlySnapshot)
        _ = try reader.execute("SELECT count(*) FROM clv.customer_predictions_all")
        let warnings = OldPublications.remove(keeping: 1, patience: 1, in: shop.destination)
        #expect(warnings.map(\.code) == ["statement_timeout"])
        let error = #expect(throws: PublishingError.self) { try back(to: 3) }
        #expect(error?.code == "no_such_publication")
        // The whole one may be shown, and the half one is not scored and holds no other up.
        #expect(try back(to: 2) == 2)
        let passed = try PassedHorizon.all(
            by: Shop.day + 30,
            in: shop.destination,
            on: connection
        )
        #expect(passed.map(\.publication) == [1, 2])
        reader.rollback()
        #expect(OldPublications.remove(keeping: 2, in: shop.destination) == [])
        #expect(
            try shop.query(leafTables) == [["customer_predictions_1"], ["customer_predictions_2"]]
        )
        #expect(
            try shop.query(
                "SELECT publication_number FROM clv.publications WHERE removed_at < now()"
            )
                == [["3"]]
        )
    }

    @Test("what is shown is never dropped, and one that somebody dropped is published anew")
    func lostLeaf() throws {
        let shop = try Shop()
        for run in 1...2 {
            try shop.publish(RunRecord(runID: "\(run)"), customers: numberedCustomers(10))
        }
        let parent = try shop.query(
            "SELECT inhparent::regclass FROM pg_inherits "
                + "WHERE inhrelid = 'clv.customer_predictions_2'::regclass"
        )[0][0]
        _ = try shop.query(
            "ALTER TABLE \(parent ?? "") DETACH PARTITION clv.customer_predictions_2"
        )
        #expect(OldPublications.remove(keeping: 3, in: shop.destination) == [])
        #expect(try shop.query("SELECT count(*) FROM clv.customer_predictions_2") == [["10"]])
        #expect(throws: PublishingError.self) {
            try Rollback.move(
                to: 2,
                in: shop.destination,
                holder: "by hand",
                on: shop.database.connect()
            )
        }
        _ = try shop.query("DROP TABLE clv.customer_predictions_2")
        let receipt = try shop.publish(RunRecord(runID: "3"), customers: numberedCustomers(10))
        #expect(receipt?.changedRows == 10)
        #expect(try shop.query("SELECT count(*) FROM clv.customers") == [["10"]])
    }

    @Test("what an interrupted removal left behind is dropped")
    func leftovers() throws {
        let shop = try Shop()
        try shop.publish(RunRecord(runID: "1"), customers: numberedCustomers(10))
        _ = try shop.query(
            "CREATE TABLE clv.customer_predictions_77 (LIKE clv.customer_predictions_all)"
        )
        _ = try shop.query("CREATE TABLE clv.customer_predictions_mine (n int)")
        #expect(OldPublications.remove(keeping: 3, in: shop.destination) == [])
        #expect(try shop.query(leafTables) == [["customer_predictions_1"]])
        #expect(try shop.query("SELECT count(*) FROM clv.customer_predictions_mine") == [["0"]])
    }

    @Test("a worker killed in the middle of a publication leaves the earlier one, whole")
    func killed() async throws {
        let shop = try Shop()
        try shop.publish(RunRecord(runID: "1"), customers: numberedCustomers(500))
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [name = shop.database.name as String, home = shop.database.directory as String] in
            let shop = try Shop(existing: name, at: home)
            let lease = try shop.lease("2")
            let ledger = try shop.open(RunRecord(runID: "2"), under: lease)
            let publication = try Publication.begin(Shop.header(), of: ledger, under: lease)
            let pool = numberedCustomers(50_000)
            try publication.add([forecast(0..<40_000, horizon: 30)], customers: pool)
            kill(getpid(), SIGKILL)
        }
        #expect(try shop.query("SELECT count(*) FROM clv.customer_predictions") == [["500"]])
        #expect(
            try shop.query("SELECT status FROM clv.runs ORDER BY run_id") == [
                ["succeeded"], ["running"],
            ]
        )
        // Another run of the job waits for the lease; the same run, tried again, does not.
        #expect(throws: PublishingError.self) {
            try shop.publish(RunRecord(runID: "3"), customers: numberedCustomers(5))
        }
        #expect(
            try shop.publish(RunRecord(runID: "2", attempt: 2), customers: numberedCustomers(600))
                != nil
        )
        #expect(try shop.query("SELECT count(*) FROM clv.customer_predictions") == [["600"]])
        #expect(try shop.query(leafTables).count == 2)
        #expect(
            try shop.query("SELECT status, attempt FROM clv.runs WHERE run_id = '2'") == [
                ["succeeded", "2"]
            ]
        )
    }

    @Test("a run that was left running is closed by the next run of its job, and no other")
    func interrupted() throws {
        let shop = try Shop()
        let other = try shop.sibling(job: "weekly")
        for (shop, run) in [(shop, "1"), (other, "w")] {
            let lease = try shop.lease(run)
            _ = try shop.open(RunRecord(runID: run), under: lease)
            try lease.release(for: shop.destination, on: shop.database.connect())
        }
        try shop.publish(RunRecord(runID: "2"), customers: numberedCustomers(5))
        #expect(
            try shop.query(
                "SELECT run_id, status, finished_at IS NULL FROM clv.runs ORDER BY run_id"
            ) == [["1", "interrupted", "f"], ["2", "succeeded", "f"], ["w", "running", "t"]]
        )
    }

    @Test("an attempt that was replaced does not end the run of the next attempt")
    func replaced() throws {
        let shop = try Shop()
        let first = try shop.open(RunRecord(runID: "1"), under: shop.lease("1"))
        let second = try shop.open(RunRecord(runID: "1", attempt: 2), under: shop.lease("1"))
        let status = "SELECT status FROM clv.runs"
        try first.close(.cancelled, figures: RunFigures(), on: shop.database.connect())
        #expect(try shop.query(status) == [["running"]])
        try second.close(.failed, figures: RunFigures(), on: shop.database.connect())
        #expect(try shop.query(status) == [["failed"]])
    }

    @Test("a failed run tells why, with its counts and its rejected rows")
    func failed() throws {
        let shop = try Shop()
        let lease = try shop.lease("1")
        let run = RunRecord(runID: "1", reasons: ["by_hand", "a,b \"c\""], asOf: Shop.day)
        let ledger = try shop.open(run, under: lease)
        var figures = RunFigures()
        var account = RowAccount()
        account.read = 5
        account.rejected = 2000
        account.kept = (1...2000).map { row in
            RejectedRow(
                rowNumber: row,
                reasons: [.noCustomer, .invalidTime],
                raw: row == 1 ? "nul \0, quote \", ünï" : String(repeating: "x", count: 5000)
            )
        }
        figures.account = account
        try ledger.close(
            .failed,
            figures: figures,
            error: ProblemReport(code: "c", message: "m \0", cause: nil, fix: "f"),
            on: shop.database.connect()
        )
        #expect(
            try shop.query(
                """
                SELECT status, reasons[2], as_of_on, rows_read, error_code, error_message,
                    error_cause, finished_at IS NOT NULL FROM clv.runs
                """
            ) == [["failed", "a,b \"c\"", "2024-10-04", "5", "c", "m \\u{0}", nil, "t"]]
        )
        #expect(
            try shop.query(
                "SELECT raw, array_to_string(reasons, ' ') FROM clv.rejected_rows WHERE row_number = 1"
            ) == [["nul \u{FFFD}, quote \", ünï", "no_customer invalid_time"]]
        )
        #expect(
            try shop.query("SELECT count(*), max(length(raw)) FROM clv.rejected_rows")
                == [["2000", "4001"]]
        )
        #expect(
            try shop.query("SELECT last_run_status, last_error, as_of_on FROM clv.freshness")
                == [["failed", "m \\u{0}", nil]]
        )
    }

    @Test("models are recorded once, and freshness shows the oldest")
    func models() throws {
        let shop = try Shop()
        let model = ModelRecord(
            name: "bg_nbd",
            version: "v1",
            fittedOn: Shop.day - 12,
            asOf: Shop.day - 13,
            timePeriod: try #require(TimePeriod("month")),
            reason: "model_age",
            customers: 2357,
            logLikelihood: -9582.4292,
            parameters: [("r", 0.242595), ("alpha", 4.413602)],
            standardErrors: [("r", 0.0126)],
            conditionNumber: 165,
            converged: true,
            priors: Priors.none,
            simplifications: ["no_drop_out"]
        )
        for run in ["1", "2"] {
            try shop.publish(
                RunRecord(runID: run),
                customers: numberedCustomers(5),
                models: [model]
            )
        }
        #expect(
            try shop.query("SELECT run_id, customers, parameters->>'alpha' FROM clv.models")
                == [["1", "2357", "4.413602"]]
        )
        #expect(
            try shop.query(
                """
                SELECT standard_errors::text, is_converged, condition_number, priors,
                    simplifications FROM clv.models
                """
            ) == [["{\"r\": 0.0126}", "t", "165", "none", "{no_drop_out}"]]
        )
        #expect(
            try shop.query(
                """
                SELECT as_of_on, oldest_model_on, customers, last_run_status,
                    days_behind > 0, forecast_age < '1 hour' FROM clv.freshness
                """
            ) == [["2024-10-04", "2024-09-22", "5", "succeeded", "t", "t"]]
        )
    }
}
