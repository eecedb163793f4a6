import Postgres

/// What a role may do with the objects of the schema: the one list behind `db grants` and `db check`.
struct Rights {
    /// Tables and views that it reads.
    let readable: [String]
    /// Tables that it adds rows to, with the columns that it changes, and whether it deletes rows.
    let writable: [Table]
    /// Sequences that it takes numbers from.
    let sequences: [String]

    /// Of the role that publishes a tenant's forecasts.
    static let ofTenant = Rights(
        readable: names(all) + ["schema_versions", "tenant_roles"],
        writable: all.filter(\.takesRows),
        sequences: ["publication_numbers"]
    )

    /// Of people who read forecasts: not the rows of the source that were rejected.
    static let ofReader = Rights(
        readable: names(all).filter { !["leases", "rejected_rows"].contains($0) }
            + ["schema_versions", "tenant_roles"],
        writable: [],
        sequences: []
    )

    private static let all = RunTables.all + ModelTables.all + BulkTable.allCases.map(\.root)

    private static func names(_ tables: [Table]) -> [String] {
        tables.map(\.name) + Views.names
    }

    /// The statements that give a role these rights, and take all others that it was granted.
    func statements(for role: String, in schema: String) -> String {
        let (role, schema) = (quoted(identifier: role), quoted(identifier: schema))
        func list(_ names: [String]) -> String { wrapped(names.map { "\(schema).\($0)" }) }
        let columns = writable.filter { !$0.changingColumns.isEmpty }.map { table in
            "GRANT UPDATE (\(wrapped(table.changingColumns))) ON \(schema).\(table.name) TO \(role);"
        }
        let additions =
            writable.isEmpty ? [] : ["GRANT INSERT ON \(list(writable.map(\.name))) TO \(role);"]
        let aging = writable.filter(\.losesRows).map(\.name)
        let deletions = aging.isEmpty ? [] : ["GRANT DELETE ON \(list(aging)) TO \(role);"]
        let numbers = sequences.map { "GRANT USAGE ON SEQUENCE \(schema).\($0) TO \(role);" }
        return
            ([
                "REVOKE ALL ON \(list(Rights.ofTenant.readable)) FROM \(role);",
                "GRANT USAGE ON SCHEMA \(schema) TO \(role);",
                "GRANT SELECT ON \(list(readable)) TO \(role);",
            ] + additions + columns + deletions + numbers)
            .joined(separator: "\n")
    }

    /// A list of names in lines that can be read.
    private func wrapped(_ names: [String]) -> String {
        var lines = [""]
        for name in names {
            if let last = lines.last, last.utf8.count + name.utf8.count > 80 { lines.append("") }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : ", ") + name
        }
        return lines.joined(separator: ",\n    ")
    }
}
