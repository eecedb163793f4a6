import Postgres

/// A column as migrations make it, with the sentence that explains it in the database.
struct TableColumn {
    let name: String
    let type: String
    let isRequired: Bool
    let comment: String

    static func required(_ name: String, _ type: String, _ comment: String) -> TableColumn {
        TableColumn(name: name, type: type, isRequired: true, comment: comment)
    }

    static func optional(_ name: String, _ type: String, _ comment: String) -> TableColumn {
        TableColumn(name: name, type: type, isRequired: false, comment: comment)
    }
}

/// A table as migrations make it.
struct Table {
    let name: String
    let comment: String
    let columns: [TableColumn]
    /// Whole clauses, e.g.
    ///
    /// `PRIMARY KEY (run_id)`; `@` stands for the schema.
    var constraints: [String] = []
    var partitionedBy: String?
    /// Whether a tenant's role may add rows, which columns of its rows it may change, and whether
    /// it may delete its rows when they are old.
    var takesRows = false
    var changingColumns: [String] = []
    var losesRows = false

    /// The statements that make the table in a schema, whose name is already quoted.
    func creation(in schema: String) -> String {
        let lines =
            columns.map { column in
                "\(column.name) \(column.type)\(column.isRequired ? " NOT NULL" : "")"
            } + constraints.map { $0.replacing("@", with: schema) }
        let partition = partitionedBy.map { " PARTITION BY \($0)" } ?? ""
        let table = "\(schema).\(name)"
        return """
            CREATE TABLE \(table) (
                \(lines.joined(separator: ",\n    "))
            )\(partition);
            \(comments(on: "TABLE", in: schema))
            """
    }

    /// `COMMENT ON` for the object and for each of its columns.
    func comments(on kind: String, in schema: String) -> String {
        let object = "COMMENT ON \(kind) \(schema).\(name) IS \(quoted(literal: comment));"
        let all = columns.map { column in
            "COMMENT ON COLUMN \(schema).\(name).\(column.name) IS "
                + "\(quoted(literal: column.comment));"
        }
        return ([object] + all).joined(separator: "\n")
    }
}

/// A view over what is published now: which columns, and from where.
struct View {
    let name: String
    let comment: String
    /// What each column is, and the expression that gives it.
    let columns: [(column: TableColumn, expression: String)]
    /// All behind `FROM`.
    let source: String

    /// `isReplacing`: columns may have come at the end; rights stay.
    func creation(in schema: String, isReplacing: Bool = false) -> String {
        let list = columns.map { "\($0.expression) AS \($0.column.name)" }
        let shape = Table(name: name, comment: comment, columns: columns.map(\.column))
        return """
            CREATE \(isReplacing ? "OR REPLACE VIEW" : "VIEW") \(schema).\(name) WITH (security_invoker = true) AS
            SELECT
                \(list.joined(separator: ",\n    "))
            FROM \(source);
            \(shape.comments(on: "VIEW", in: schema))
            """
    }
}
