import Postgres

/// Who sees and writes which tenant's rows: row-level security on everything that tenants share.
///
/// Rights of partitions do not protect the root: a reader of the root gets the rows of all of them.
/// So the roots are guarded like the small tables. The partitions are not, because COPY refuses a
/// table with row-level security; only their owner has rights on them.
enum RowSecurity {
    /// Which role acts for which tenant.
    ///
    /// Each session sees only the rows of roles whose rights it has, so the table tells nobody of
    /// other tenants. A role that was dropped leaves a row that nobody sees.
    static let tenantRoles = Table(
        name: "tenant_roles",
        comment: "which role reads and writes which tenant's rows, see clvctl db grants",
        columns: [
            .required("role_name", "name", "the role; its members too"),
            .optional("tenant_id", "text", "the company; empty: reads all companies' rows"),
        ],
        constraints: ["UNIQUE NULLS NOT DISTINCT (role_name, tenant_id)"]
    )

    /// The policies of `tenant_roles` and of all tables with a column `tenant_id`.
    static func statements(for tables: [Table], in schema: String) -> String {
        let roles = "\(schema).\(tenantRoles.name)"
        let own = """
            \(enabled(roles))
            CREATE POLICY members ON \(roles) FOR SELECT USING (
                pg_has_role(current_user, to_regrole(quote_ident(role_name))::oid, 'USAGE')
            );
            """
        // A table that was never analysed counts as ten pages, and queries look too dear by as much.
        let analyse =
            "ANALYZE \(([tenantRoles] + tables).map { "\(schema).\($0.name)" }.joined(separator: ", "));"
        return ([own] + tables.map { policies(of: "\(schema).\($0.name)", roles) } + [analyse])
            .joined(separator: "\n")
    }

    /// Both questions are asked once a statement and not once a row.
    private static func policies(of table: String, _ roles: String) -> String {
        """
        \(enabled(table))
        CREATE POLICY tenant ON \(table) USING (
            tenant_id = ANY (ARRAY (SELECT m.tenant_id FROM \(roles) AS m))
        );
        CREATE POLICY all_tenants ON \(table) FOR SELECT USING (
            (SELECT true FROM \(roles) AS m WHERE m.tenant_id IS NULL LIMIT 1)
        );
        """
    }

    /// Forced, so that the owner too is let in by a policy that can be seen, and not by a gap.
    private static func enabled(_ table: String) -> String {
        """
        ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE POLICY owner ON \(table) TO CURRENT_USER USING (true) WITH CHECK (true);
        """
    }
}
