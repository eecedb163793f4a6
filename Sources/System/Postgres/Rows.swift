import CPostgres

/// The answer to one statement.
@safe package final class Rows {
    private let result: OpaquePointer

    /// Takes the result over and clears it at the end.
    init(owning result: OpaquePointer) { unsafe self.result = unsafe result }

    deinit { unsafe PQclear(result) }

    package var count: Int { Int(unsafe PQntuples(result)) }
    package var columnCount: Int { Int(unsafe PQnfields(result)) }

    /// How many rows the statement changed, copied or gave.
    package var affected: Int { unsafe Int(string(PQcmdTuples(result))) ?? 0 }

    /// The text of a cell; nil for NULL.
    package subscript(row: Int, column: Int) -> String? {
        precondition((0..<count).contains(row) && (0..<columnCount).contains(column))
        guard unsafe PQgetisnull(result, Int32(row), Int32(column)) == 0 else { return nil }
        return unsafe string(PQgetvalue(result, Int32(row), Int32(column)))
    }

    package func integer(_ row: Int, _ column: Int) -> Int? {
        self[row, column].flatMap { Int($0) }
    }

    package func boolean(_ row: Int, _ column: Int) -> Bool { self[row, column] == "t" }

    /// The result's columns in order.
    package var columns: [Column] {
        (0..<Int32(columnCount)).map { index in
            unsafe Column(name: string(PQfname(result, index)), type: PQftype(result, index))
        }
    }

    /// The command that the server says was done: `COMMIT`, `INSERT 0 1`.
    var commandTag: String { unsafe string(PQcmdStatus(result)) }

    /// Whether the server now sends or awaits copied data.
    var startsCopy: Bool {
        let status = unsafe PQresultStatus(result)
        return status == PGRES_COPY_IN || status == PGRES_COPY_OUT
    }

    var parameterCount: Int { Int(unsafe PQnparams(result)) }
}

/// A column of a query: its name and its type's object id in `pg_type`.
package struct Column: Hashable, Sendable {
    package let name: String
    package let type: UInt32

    package init(name: String, type: UInt32) {
        self.name = name
        self.type = type
    }
}

/// A C string of libpq as our own; nil becomes empty.
func string(_ text: UnsafePointer<CChar>?) -> String {
    guard let text = unsafe text else { return "" }
    return unsafe String(cString: text)
}

func string(_ text: UnsafeMutablePointer<CChar>?) -> String {
    unsafe string(UnsafePointer(text))
}

/// What an erroneous result says.
func serverReport(_ result: OpaquePointer) -> ServerReport {
    func field(_ letter: Unicode.Scalar) -> String? {
        let text = unsafe PQresultErrorField(result, Int32(letter.value))
        return unsafe text == nil ? nil : unsafe string(text)
    }
    return unsafe ServerReport(
        sqlState: field("C") ?? "",
        message: field("M") ?? string(PQresultErrorMessage(result)),
        detail: field("D"),
        hint: field("H"),
        position: field("P").flatMap { Int($0) }
    )
}
