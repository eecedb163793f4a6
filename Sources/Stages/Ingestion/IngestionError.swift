package import Domain
import FileSystem

/// Why a source could not be read.
package struct IngestionError: Problem {
    package let code: String
    package let message: String
    package let cause: String?
    package let fix: String?
    package let failureClass: FailureClass
}

extension IngestionError {
    static let cancelled = IngestionError(
        code: "cancelled",
        message: "the reading was cancelled",
        cause: nil,
        fix: nil,
        failureClass: .cancelled
    )

    init(_ problem: FileProblem) {
        self.init(
            code: problem.code,
            message: problem.message,
            cause: problem.cause,
            fix: problem.fix,
            failureClass: problem.failureClass
        )
    }

    static func notText(_ path: String) -> Self {
        Self(
            code: "not_text",
            message: "file \"\(path)\" is not text",
            cause: "its first line holds control characters",
            fix: "give CSV in UTF-8, which may be compressed with gzip; the command \"file\" tells"
                + " what it is",
            failureClass: .refused
        )
    }

    static func damagedFile(_ path: String, reason: String) -> Self {
        Self(
            code: "damaged_file",
            message: "compressed file \"\(path)\" is damaged",
            cause: reason,
            fix: "make or copy it again; \"gzip -t\" tells whether it is whole",
            failureClass: .refused
        )
    }

    static func notCSV(_ path: String, found: String, fix: String) -> Self {
        Self(
            code: "not_csv",
            message: "file \"\(path)\" cannot be read as CSV: \(found)",
            cause: nil,
            fix: fix,
            failureClass: .refused
        )
    }

    static func mostlyMalformed(_ path: String, malformed: Int, rows: Int, columns: Int) -> Self {
        notCSV(
            path,
            found: "\(malformed) of the first \(rows) rows do not have the header's"
                + " \(columns) columns",
            fix: "check that the file is CSV with one delimiter throughout"
        )
    }

    static func noSuchColumn(_ role: ColumnRole, name: String, lookup: ColumnLookup) -> Self {
        let shown = lookup.columns.prefix(20).map { "\"\($0.prefix(64))\"" }
        let others = lookup.columns.count - shown.count
        let near = namesCloseTo(name, among: lookup.columns).map { column in
            "\"\(column.replacing("\"", with: "\"\""))\""
        }
        let option = lookup.isFile ? role.option : role.setting
        return Self(
            code: "no_such_column",
            message: "column \"\(name)\" does not exist in \(lookup.source)",
            cause: "its columns are " + shown.joined(separator: ", ")
                + (others > 0 ? " and \(others) more" : ""),
            fix: near.isEmpty
                ? "name the \(role.rawValue) column with \(option)"
                : "did you mean \(near.joined(separator: " or "))?"
                    + " name the \(role.rawValue) column with \(option)",
            failureClass: .configuration
        )
    }

    static func repeatedColumn(name: String, source: String) -> Self {
        Self(
            code: "repeated_column",
            message: "column \"\(name)\" appears more than once in \(source)",
            cause: nil,
            fix: "give each column a name of its own",
            failureClass: .configuration
        )
    }
}

extension ColumnRole {
    /// The option of `clvctl pipeline` that names the column.
    fileprivate var setting: String {
        self == .covariate ? "covariate_indicators" : "\(rawValue)_indicator"
    }
    fileprivate var option: String { self == .order ? "--order-id" : "--\(rawValue)" }
}
