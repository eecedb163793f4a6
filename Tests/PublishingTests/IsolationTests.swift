import Domain
import Postgres
import Publishing
import TestSupport
import Testing

/// Tenant A's role tries everything that it can name against tenant B's rows.
@Suite(hasPostgres, .timeLimit(.minutes(5))) struct IsolationTests {
    /// Stands in every row of B, and in none of A.
    private static let mark = "bakery"

    private struct Relation {
        let name: String
        let kind: String
        let isOwn: Bool
    }

    /// Two tenants with every kind of row, and a detached table of a removal that was broken off.
    private func mall() throws -> Mall {
        let mall = try Mall(byOwner: false)
        for index in 0..<2 {
            let shop = try mall.shop(index)
            for run in ["1", "2"] {
                try shop.publish(
                    RunRecord(runID: run),
                    customers: numberedCustomers(20),
                    models: [try Mall.model()],
                    actual: Mall.past
                )
            }
            let ledger = try shop.open(RunRecord(runID: "3"), under: shop.lease("3"))
            var figures = RunFigures()
            var account = RowAccount()
            account.kept = [
                RejectedRow(rowNumber: 1, reasons: [.noCustomer], raw: Mall.tenants[index])
            ]
            figures.account = account
            try ledger.close(.failed, figures: figures, on: shop.destination.connect())
            let key = "SELECT \(quoted(literal: Mall.tenants[index])), 'monthly', 'bg_nbd', 'v1'"
            let connection = try mall.connect(index)
            try connection.executeScript(
                """
                INSERT INTO clv.model_metrics \(key), current_date, 30, 'mae', 1;
                INSERT INTO clv.feature_importances \(key), 'x', 1;
                INSERT INTO clv.realised_metrics (tenant_id, job_name, publication_number,
                    horizon_days, customer_group, as_of_on, realised_on, customers,
                    missing_customers, measured_at)
                SELECT tenant_id, job_name, publication_number, 30, 'all', as_of_on, as_of_on, 1,
                    0, now() FROM clv.publications
                """
            )
        }
        return mall
    }

    private func relations(_ mall: Mall) throws -> [Relation] {
        let rows = try mall.connect(0).execute(
            """
            SELECT c.oid::regclass, c.relkind, pg_has_role(c.relowner, 'USAGE') FROM pg_class AS c
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') ORDER BY c.oid
            """
        )
        return (0..<rows.count).map { row in
            Relation(
                name: rows[row, 0] ?? "",
                kind: rows[row, 1] ?? "",
                isOwn: rows.boolean(row, 2)
            )
        }
    }

    /// All rows of B, as a superuser sees them.
    private func rowsOfB(_ mall: Mall) throws -> [String] {
        let admin = try mall.database.connect()
        return try relations(mall).filter { "rp".contains($0.kind) }.compactMap { relation in
            let rows = try admin.execute(
                """
                SELECT md5(string_agg(t::text, '|' ORDER BY t::text)), count(*)
                FROM ONLY \(relation.name) AS t WHERE t::text LIKE '%\(IsolationTests.mark)%'
                """
            )
            return "\(relation.name) \(rows[0, 1] ?? "") \(rows[0, 0] ?? "")"
        }
    }

    @Test("no table, view, sequence or partition shows a row of another tenant")
    func reading() throws {
        let mall = try mall()
        let connection = try mall.connect(0)
        var readable = 0
        for relation in try relations(mall) where relation.kind != "S" {
            let all = "SELECT count(*) FROM \(relation.name) AS t"
            guard let own = try? connection.execute(all)[0, 0] else { continue }
            readable += own == "0" ? 0 : 1
            let others = try connection.execute(
                "\(all) WHERE t::text LIKE '%\(IsolationTests.mark)%'"
            )
            #expect(others[0, 0] == "0", "\(relation.name)")
            guard "rp".contains(relation.kind) else { continue }
            var copied = ""
            let source = relation.kind == "p" ? "(TABLE \(relation.name))" : relation.name
            try connection.copyOut("COPY \(source) TO STDOUT") {
                copied += String(decoding: $0, as: UTF8.self)
            }
            #expect(!copied.contains(IsolationTests.mark), "\(relation.name)")
        }
        // Each of the migration's tables and views had rows to show, so the look means something;
        // the two bulk tables that nothing fills are empty.
        #expect(readable >= 23, "\(readable)")
        let rows = try rowsOfB(mall).filter { !$0.contains(" 0 ") }
        #expect(rows.count >= 17, "\(rows)")
        // A condition that tells what it sees sees nothing else either.
        _ = try connection.execute(
            "SELECT 1 / (tenant_id NOT LIKE '%\(IsolationTests.mark)%')::int FROM clv.runs"
        )
    }

    @Test("no statement changes, adds, locks out or removes a row of another tenant")
    func writing() throws {
        let mall = try mall()
        let before = try rowsOfB(mall)
        let (attacker, admin) = (try mall.connect(0), try mall.database.connect())
        for relation in try relations(mall) where "rpv".contains(relation.kind) {
            let forged = try admin.execute(
                """
                SELECT to_jsonb(t) FROM \(relation.name) AS t
                WHERE t::text LIKE '%\(IsolationTests.mark)%' LIMIT 1
                """
            )
            var statements = ["DELETE", "UPDATE", "INSERT"].flatMap { verb in
                forms(of: verb, relation.name, forged.count == 0 ? nil : forged[0, 0])
            }
            if !relation.isOwn {
                statements += ["TRUNCATE \(relation.name) CASCADE", "DROP TABLE \(relation.name)"]
                statements += ["DROP VIEW \(relation.name)", "ANALYZE \(relation.name)"]
                statements += changes(of: relation.name)
            }
            for statement in statements { _ = try? attacker.execute(statement) }
        }
        #expect(try rowsOfB(mall) == before)
        #expect(try mall.findings(1) == [])
    }

    private func forms(of verb: String, _ name: String, _ row: String?) -> [String] {
        let other = "tenant_id LIKE '%\(IsolationTests.mark)%'"
        switch verb {
        case "DELETE": return ["DELETE FROM \(name)", "DELETE FROM \(name) WHERE \(other)"]
        case "UPDATE":
            return [
                "UPDATE \(name) SET tenant_id = tenant_id || 'x'",
                "UPDATE \(name) SET status = 'failed'", "UPDATE \(name) SET epoch = epoch + 1",
                "UPDATE \(name) SET removed_at = now() WHERE \(other)",
                "UPDATE \(name) SET publication_number = 1 WHERE \(other)",
                "SELECT * FROM \(name) WHERE \(other) FOR UPDATE",
            ]
        default:
            guard let row else { return [] }
            let values =
                "SELECT * FROM jsonb_populate_record(NULL::\(name), \(quoted(literal: row))::jsonb"
            let others = ["run_id", "publication_number", "model_version", "job_name"].map {
                "\(values) || '{\"\($0)\": \"77\"}')"
            }
            return (["\(values))"] + others).flatMap { source in
                [
                    "INSERT INTO \(name) \(source)",
                    "INSERT INTO \(name) \(source) ON CONFLICT DO NOTHING",
                ]
            }
        }
    }

    private func changes(of name: String) -> [String] {
        [
            "ADD COLUMN stolen text", "DISABLE ROW LEVEL SECURITY", "NO FORCE ROW LEVEL SECURITY",
            "OWNER TO CURRENT_USER", "RENAME TO stolen", "DETACH PARTITION \(name)",
            "SET (security_invoker = false)", "ENABLE ALWAYS TRIGGER ALL",
        ].map { "ALTER TABLE \(name) \($0)" } + [
            "CREATE POLICY mine ON \(name) USING (true)", "LOCK TABLE \(name)",
            "CREATE INDEX ON \(name) (tenant_id)",
            "CREATE RULE r AS ON INSERT TO \(name) DO ALSO NOTHING",
            "GRANT ALL ON \(name) TO CURRENT_USER",
        ]
    }

    @Test("roles, sequences, functions and other tenants' places are closed")
    func otherWays() throws {
        let mall = try mall()
        let before = try rowsOfB(mall)
        let connection = try mall.connect(0)
        let places = try connection.execute(
            """
            SELECT n.nspname, r.rolname FROM pg_namespace AS n JOIN pg_class AS c
                ON c.relnamespace = n.oid AND c.relname = 'customer_predictions'
                JOIN pg_roles AS r ON r.oid = c.relowner
            WHERE c.relkind = 'p' ORDER BY pg_has_role(c.relowner, 'USAGE') DESC
            """
        )
        let (own, other) = (places[0, 0] ?? "", places[1, 0] ?? "")
        let number = try mall.shop(0).query("SELECT max(publication_number) FROM clv.publications")
        let refused = [
            "SET ROLE \(quoted(identifier: mall.roles[1]))", "SET ROLE \(mall.owner)",
            "SET ROLE \(PrivateCluster.superuser)",
            "SET SESSION AUTHORIZATION \(quoted(identifier: mall.roles[1]))",
            "SELECT setval('clv.publication_numbers', 1)",
            "SELECT * FROM clv.publication_numbers",
            "CREATE FUNCTION \(own).f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE FUNCTION \(own).f() RETURNS int LANGUAGE plpgsql AS 'BEGIN END'",
            "DO 'BEGIN END'", "CREATE TABLE \(other).t (n int)", "CREATE TABLE clv.t (n int)",
            "CREATE TABLE public.t (n int)", "CREATE SCHEMA mine",
            "SELECT * FROM \(other).customer_predictions_\(number[0][0] ?? "")",
            "INSERT INTO clv.tenant_roles VALUES (current_user, 'x')",
            "INSERT INTO clv.tenant_roles VALUES (current_user, NULL)",
            "ALTER TABLE clv.customer_predictions_all DETACH PARTITION \(own).customer_predictions",
        ]
        for statement in refused {
            let error = #expect(throws: PostgresError.self, "\(statement)") {
                try connection.execute(statement)
            }
            #expect(
                ["42501", "42P01"].contains(error?.sqlState),
                "\(statement): \(error?.message ?? "")"
            )
        }
        let functions = try connection.execute(
            """
            SELECT p.oid::regprocedure FROM pg_proc AS p
            JOIN pg_namespace AS n ON n.oid = p.pronamespace
            WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
            """
        )
        #expect(functions.count == 0)
        try forgePartitions(own, other, on: connection)
        #expect(try rowsOfB(mall) == before)
    }

    /// Rows of B in a partition of A, and tables of A in B's place.
    private func forgePartitions(_ own: String, _ other: String, on connection: Connection) throws {
        let tenant = quoted(literal: Mall.tenants[1])
        try connection.execute(
            "CREATE TABLE \(own).customer_predictions_99 (LIKE clv.customer_predictions_all)"
        )
        try connection.execute(
            """
            INSERT INTO \(own).customer_predictions_99 SELECT (jsonb_populate_record(NULL::
                \(own).customer_predictions_99, to_jsonb(t) || jsonb_build_object(
                    'tenant_id', \(tenant), 'publication_number', 99))).*
            FROM clv.customer_predictions_all AS t LIMIT 1
            """
        )
        for parent in ["\(own).customer_predictions", "\(other).customer_predictions"] {
            #expect(throws: PostgresError.self) {
                try connection.execute(
                    """
                    ALTER TABLE \(parent) ATTACH PARTITION \(own).customer_predictions_99
                        FOR VALUES IN (99)
                    """
                )
            }
        }
        #expect(throws: PostgresError.self) {
            try connection.execute(
                """
                ALTER TABLE clv.customer_predictions_all
                    ATTACH PARTITION \(own).customer_predictions_99 FOR VALUES IN ('other')
                """
            )
        }
        try connection.execute("DROP TABLE \(own).customer_predictions_99")
    }

    @Test("names and numbers that one tenant takes are free for the other")
    func noSquatting() throws {
        let mall = try mall()
        let connection = try mall.connect(0)
        let own = quoted(literal: Mall.tenants[0])
        // A holds run ids and publication numbers that B is going to use, and leases of its own.
        try connection.executeScript(
            """
            INSERT INTO clv.runs (run_id, tenant_id, job_name, status, attempt, reasons, started_at)
                SELECT n::text, \(own), 'monthly', 'failed', 1, '{}', now()
                FROM generate_series(4, 40) AS n;
            INSERT INTO clv.publications SELECT (jsonb_populate_record(NULL::clv.publications,
                    to_jsonb(p) || jsonb_build_object('publication_number', n, 'run_id', 'x' || n))).*
                FROM (SELECT * FROM clv.publications LIMIT 1) AS p, generate_series(100, 200) AS n;
            UPDATE clv.current_publications SET publication_number = 200;
            UPDATE clv.leases SET holder = '4', expires_at = 'infinity'
            """
        )
        let next = try mall.shop(1)
        _ = try mall.connect(1).execute("UPDATE clv.leases SET expires_at = now()")
        for run in ["4", "5"] {
            let receipt = try next.publish(RunRecord(runID: run), customers: numberedCustomers(20))
            #expect(receipt?.rows == 20)
        }
        #expect(OldPublications.remove(keeping: 1, in: next.destination) == [])
        let reader = try mall.connect(1)
        #expect(try reader.execute("SELECT count(*) FROM clv.customers")[0, 0] == "20")
    }

    @Test(
        "a function that a tenant kept is refused by db grants, and found by every tenant's check"
    )
    func keptFunctions() throws {
        let mall = try mall()
        let admin = try mall.database.connect()
        try admin.execute("GRANT USAGE ON LANGUAGE sql, plpgsql TO PUBLIC")
        let connection = try mall.connect(0)
        let leaf = try connection.execute(
            """
            SELECT c.oid::regclass, c.relnamespace::regnamespace FROM pg_class AS c
            WHERE c.relname ~ '^customer_predictions_[0-9]+$' AND pg_has_role(relowner, 'USAGE')
            """
        )
        let function = "\(leaf[0, 1] ?? "").f()"
        try connection.executeScript(
            """
            CREATE FUNCTION \(function) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
            CREATE INDEX spy ON \(leaf[0, 0] ?? "") (horizon_days) WHERE \(function)
            """
        )
        let refusal = #expect(throws: PsqlProblem.self) { try mall.database.psql(mall.script(1)) }
        #expect(refusal?.description.contains("owns functions") == true)
        let checks = try AccessCheck.all(of: mall.destination(1), on: mall.connect(1))
        let found = checks.flatMap(\.findings).first { $0.what.contains("uses function") }
        let fix = try #require(found?.fix)
        #expect(fix.hasPrefix("run as a superuser: DROP INDEX "))
        try admin.execute(String(fix.dropFirst("run as a superuser: ".count)))
        try admin.execute("DROP FUNCTION \(function)")
        // Who is no tenant keeps the languages.
        let app = try mall.database.role("app")
        try mall.database.psql(mall.script(1))
        try mall.database.connect(user: app).execute("DO 'BEGIN END'")
        for index in 0..<2 { #expect(try mall.findings(index) == []) }
    }

    /// Shows why languages are taken away: with them, an index's function runs as the reader.
    @Test("a function in a partition's index would run with the reader's rights")
    func indexFunctions() throws {
        let mall = try mall()
        let admin = try mall.database.connect()
        try admin.execute("GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC")
        let connection = try mall.connect(0)
        let leaf = try #require(
            try connection.execute(
                """
                SELECT c.oid::regclass, c.relnamespace::regnamespace FROM pg_class AS c
                WHERE c.relname ~ '^customer_predictions_[0-9]+$' AND pg_has_role(relowner, 'USAGE')
                """
            ) as Rows?
        )
        let (table, place) = (leaf[0, 0] ?? "", leaf[0, 1] ?? "")
        try connection.executeScript(
            """
            CREATE FUNCTION \(place).f() RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN
                IF current_user <> \(quoted(literal: mall.roles[0])) THEN
                    RAISE EXCEPTION 'run by %', current_user;
                END IF;
                RETURN true;
            END $$;
            CREATE INDEX ON \(table) (horizon_days) WHERE \(place).f();
            GRANT USAGE ON SCHEMA \(place) TO PUBLIC
            """
        )
        let error = #expect(throws: PostgresError.self) {
            try mall.connect(1).execute("SELECT * FROM clv.customers WHERE horizon_days = 30")
        }
        #expect(error?.message.contains("run by \(mall.roles[1])") == true)
        let found = try mall.findings(0)
        #expect(found.contains { $0.contains("may write functions in language plpgsql") })
    }
}
