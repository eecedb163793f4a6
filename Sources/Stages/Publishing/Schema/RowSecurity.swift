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

    /// The policies of `tenant_roles`, and of every other table with a column `tenant_id`.
    static func policies(of table: String) -> [Policy] {
        table == tenantRoles.name
            ? [.owner, .members] : [.owner, .tenant, .allTenants]
    }

    /// The policies of `tenant_roles` and of all tables with a column `tenant_id`.
    static func statements(for tables: [Table], in schema: String) -> String {
        let all = ([tenantRoles] + tables).map(\.name)
        // A table that was never analysed counts as ten pages, and queries look too dear by as much.
        let analyse = "ANALYZE \(all.map { "\(schema).\($0)" }.joined(separator: ", "));"
        return (all.map { guarded($0, in: schema) } + [analyse]).joined(separator: "\n")
    }

    private static func guarded(_ name: String, in schema: String) -> String {
        let table = "\(schema).\(name)"
        let force = "ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
        let policies = policies(of: name).map {
            $0.creation(
                on: table,
                owner: "CURRENT_USER",
                roles: "\(schema).\(tenantRoles.name)"
            )
        }
        return ([force] + policies).joined(separator: "\n")
    }
}
