import Domain
import Postgres
import Publishing
import TestSupport
import Testing

/// Row-level security is what stands between tenants, so db check looks at every word of it.
@Suite(hasPostgres, .timeLimit(.minutes(5))) struct PolicyTests {
    private let mall: Mall

    init() throws { mall = try Mall(byOwner: false) }

    @Test("each policy of each table, opened, is found, and what db check prints restores it")
    func opened() throws {
        let admin = try mall.database.connect()
        let rows = try admin.execute(
            "SELECT polrelid::regclass, polname FROM pg_policy ORDER BY polrelid, polname"
        )
        #expect(rows.count == 44)
        for row in 0..<rows.count {
            let (table, name) = (rows[row, 0] ?? "", rows[row, 1] ?? "")
            let change = name == "owner" ? "TO PUBLIC" : "USING (true)"
            try admin.execute("ALTER POLICY \(name) ON \(table) \(change)")
            let difference = name == "owner" ? "for roles PUBLIC" : "USING true"
            let found = try policyFindings()
            #expect(
                found.contains(
                    "policy \(name) on \(table) differs "
                        + "from the migration: it is \(difference)"
                ),
                "\(found)"
            )
            try mall.mend()
        }
        for index in 0..<2 { #expect(try mall.findings(index) == []) }
    }

    private func policyFindings() throws -> [String] {
        try AccessCheck.ofCatalogue(mall.destination(0), on: mall.connect(0))
            .filter { $0.claim == "the policies are those of the migration" }
            .flatMap(\.findings).map(\.what)
    }

    private struct Change {
        let sql: String
        let finding: String
    }

    @Test("every part of a policy counts, one that is missing, and one too many")
    func everyPart() throws {
        let admin = try mall.database.connect()
        let condition = "tenant_id = ANY (ARRAY (SELECT m.tenant_id FROM clv.tenant_roles AS m))"
        for change in [
            Change(sql: "DROP POLICY tenant ON clv.runs", finding: "tenant on clv.runs is missing"),
            Change(
                sql: "CREATE POLICY more ON clv.runs FOR SELECT USING (true)",
                finding: "more on clv.runs is not of the migration"
            ),
            Change(
                sql: "CREATE POLICY all_tenants ON clv.tenant_roles FOR SELECT USING (true)",
                finding: "all_tenants on clv.tenant_roles is not of the migration"
            ),
            Change(
                sql: "ALTER POLICY tenant ON clv.runs WITH CHECK (true)",
                finding: "tenant on clv.runs differs from the migration: it is WITH CHECK true"
            ),
            Change(
                sql: "ALTER POLICY tenant ON clv.runs TO \(mall.owner)",
                finding: "tenant on clv.runs differs from the migration: it is for roles "
                    + mall.owner
            ),
            Change(
                sql: """
                    DROP POLICY tenant ON clv.runs;
                    CREATE POLICY tenant ON clv.runs FOR UPDATE USING (\(condition))
                    """,
                finding: "tenant on clv.runs differs from the migration: it is for UPDATE"
            ),
            Change(
                sql: """
                    DROP POLICY tenant ON clv.runs;
                    CREATE POLICY tenant ON clv.runs AS RESTRICTIVE USING (\(condition))
                    """,
                finding: "tenant on clv.runs differs from the migration: it is RESTRICTIVE"
            ),
            Change(
                sql: """
                    CREATE TABLE public.tenant_roles (tenant_id text);
                    ALTER POLICY tenant ON clv.runs USING (
                        tenant_id = ANY (ARRAY (SELECT m.tenant_id FROM public.tenant_roles AS m)))
                    """,
                finding: "tenant on clv.runs differs from the migration: it is USING "
                    + "(tenant_id = ANY (ARRAY( SELECT m.tenant_id FROM public.tenant_roles m)))"
            ),
        ] {
            try admin.executeScript(change.sql)
            let found = try mall.findings(0)
            let claim = "the policies are those of the migration: policy "
            #expect(found.contains(claim + change.finding), "\(found)")
            try mall.mend()
            #expect(try mall.findings(0) == [], "\(change.sql)")
        }
    }

    @Test("the role's own eyes find what is open, in tables and in views")
    func ownEyes() throws {
        for index in 0..<2 {
            try mall.shop(index).publish(RunRecord(runID: "1"), customers: numberedCustomers(20))
        }
        let admin = try mall.database.connect()
        let claim = "the role sees no row of another tenant: role \(mall.roles[0]) sees "
        for (sql, finding) in [
            (
                "ALTER POLICY all_tenants ON clv.customer_predictions_all USING (true)",
                "20 rows of other tenants in clv.customer_predictions_all"
            ),
            (
                "ALTER POLICY tenant ON clv.publications USING (true)",
                "1 row of other tenants in clv.publications"
            ),
            (
                "ALTER VIEW clv.customers RESET (security_invoker)",
                "20 rows of other tenants in clv.customers"
            ),
        ] {
            try admin.execute(sql)
            let found = try mall.findings(0)
            #expect(found.contains(claim + finding), "\(found)")
            try mall.mend()
            #expect(try mall.findings(0) == [], "\(sql)")
        }
        // All partitions of all tenants, where nothing can hide in a small one.
        try mall.shop(1).publish(RunRecord(runID: "2"), customers: numberedCustomers(2000))
        try admin.execute("ALTER POLICY tenant ON clv.customer_predictions_all USING (true)")
        let found = try mall.findings(0)
        #expect(found.contains { $0.contains("rows of other tenants") }, "\(found)")
    }
}
