import Domain
import Postgres

/// Asks for other tenants' rows, as the tenant's role, in all that tenants share: what the catalogue
/// says of rights and policies is proved by what they do.
struct VisibleRows {
    private let questions: AccessQuestions
    /// More are not counted.
    private static let most = 1000

    init(_ destination: Destination) { questions = AccessQuestions(destination) }

    /// Each place is asked in a transaction of its own, because it takes a lock for every partition.
    func check(on connection: Connection) throws -> AccessCheck {
        let places = try connection.transaction(.readOnlySnapshot) {
            try connection.execute("SET LOCAL search_path = pg_catalog, pg_temp")
            return try connection.execute(shared)
        }
        let findings = try (0..<places.count).compactMap { row in
            try look(into: places[row, 0] ?? "", isBulk: places.boolean(row, 1), on: connection)
        }
        return AccessCheck("the role sees no row of another tenant", findings)
    }

    private var shared: String {
        """
        SELECT c.oid::regclass, c.relkind = 'p' FROM pg_class AS c
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
            AND c.relnamespace::regnamespace::text = quote_ident(\(questions.schema))
            AND c.oid NOT IN (\(questions.ownTables))
            AND EXISTS (
                SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'
                    AND has_column_privilege(c.oid, a.attnum, 'SELECT'))
        ORDER BY 1
        """
    }

    /// Policies know rows by their tenant alone, so one block of each partition tells of all.
    private func look(
        into place: String,
        isBulk: Bool,
        on connection: Connection
    ) throws -> AccessCheck.Finding? {
        do {
            let rows = try connection.transaction(.readOnlySnapshot) {
                try connection.execute(
                    """
                    SELECT count(*), format('role %I', current_user) FROM (
                        SELECT FROM \(place) WHERE tenant_id::text IS DISTINCT FROM $1
                            \(isBulk ? "AND ctid < '(1,0)'" : "") LIMIT \(VisibleRows.most)
                    ) AS t
                    """,
                    [questions.destination.tenant]
                )
            }
            guard let count = rows.integer(0, 0), count > 0 else { return nil }
            let number = count == VisibleRows.most ? "\(count) rows or more" : counted(count)
            return .init(
                "\(rows[0, 1] ?? "") sees \(number) of other tenants in \(place)",
                fix: "mend what else is found here"
            )
        } catch let error as PostgresError where error.code == "permission_denied" {
            // What a run must be able to read is another question.
            return nil
        } catch let error as PostgresError where connection.isUsable && error.code != "cancelled" {
            return .init("could not look into \(place): \(error.message)", fix: error.fix)
        }
    }

    private func counted(_ rows: Int) -> String { rows == 1 ? "1 row" : "\(rows) rows" }
}
