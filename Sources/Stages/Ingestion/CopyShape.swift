import Configuration
import Postgres

/// What is copied out of a query, and in which form it comes.
struct CopyShape: Sendable {
    /// How a time comes.
    enum TimeForm { case date, text }
    /// How an amount comes.
    enum AmountForm { case float, numeric, text }

    private let customer: Column
    private let time: Column
    private let amount: Column?
    private let order: Column?
    private let covariates: [Column]
    /// SQL that tells rows apart which are equal in the fields above; nil when none can be.
    private let difference: String?

    init(_ found: [Column], _ columns: ColumnSettings) throws(IngestionError) {
        let lookup = ColumnLookup(columns: found.map(\.name), source: "the query", isFile: false)
        customer = found[try lookup.position(of: columns.customer, as: .customer)]
        time = found[try lookup.position(of: columns.time, as: .time)]
        amount = try lookup.position(of: columns.amount, as: .amount).map { found[$0] }
        order = try lookup.position(of: columns.order, as: .order).map { found[$0] }
        var covariates: [Column] = []
        for name in columns.covariates {
            covariates.append(found[try lookup.position(of: name, as: .covariate)])
        }
        self.covariates = covariates
        difference = order == nil ? nil : CopyShape.difference(found, columns)
    }

    var hasAmounts: Bool { amount != nil }
    var hasOrders: Bool { order != nil }
    var covariateNames: [String] { covariates.map(\.name) }
    var hasDifference: Bool { difference != nil }
    var fieldCount: Int {
        2 + (hasAmounts ? 1 : 0) + (hasOrders ? 1 : 0) + (difference == nil ? 0 : 1)
            + covariates.count
    }

    var timeForm: TimeForm {
        [TypeID.date, TypeID.timestamp, TypeID.timestamptz].contains(time.type) ? .date : .text
    }

    var amountForm: AmountForm {
        switch amount?.type {
        case TypeID.numeric, TypeID.money: .numeric
        case TypeID.int2, TypeID.int4, TypeID.int8, TypeID.float4, TypeID.float8: .float
        default: .text
        }
    }

    /// The fields in the order of `CopyDecoder`: customer, time, amount, order, difference, covariates.
    ///
    /// A line break ends the query, so that a comment at its end does not swallow the bracket.
    func copyStatement(query: String, timeZone: String) -> String {
        var fields = [
            text(customer), timeField(quoted(literal: timeZone)),
        ]
        if let amount { fields.append(amountField(amount)) }
        if let order { fields.append(text(order)) }
        if let difference { fields.append(difference) }
        fields += covariates.map { text($0) }
        return """
            COPY (SELECT \(fields.joined(separator: ", "))
            FROM (\(query)
            ) AS clvd_source) TO STDOUT (FORMAT binary)
            """
    }

    /// The exact time where only its day is a field, and a hash of the columns of no role.
    private static func difference(_ found: [Column], _ columns: ColumnSettings) -> String? {
        let fields = [columns.customer, columns.amount, columns.order]
        let other = found.filter { column in
            column.name == columns.time
                ? [TypeID.timestamp, TypeID.timestamptz].contains(column.type)
                : !fields.contains(column.name)
        }
        if other.isEmpty { return nil }
        if other.map(\.name) == [columns.time] { return name(other[0]) }
        // Columns of one name cannot be named apart, but the whole row can be.
        let isAmbiguous = Set(other.map(\.name)).count < other.count
        let row = isAmbiguous ? "clvd_source" : "ROW(\(other.map(name).joined(separator: ", ")))"
        return "hashtextextended(\(row)::text, 0)"
    }

    private static func name(_ column: Column) -> String {
        "clvd_source.\(quoted(identifier: column.name))"
    }

    private func name(_ column: Column) -> String { CopyShape.name(column) }

    private func text(_ column: Column) -> String {
        let isText = column.type == TypeID.text || column.type == TypeID.varchar
        return name(column) + (isText ? "" : "::text")
    }

    private func timeField(_ zone: String) -> String {
        switch time.type {
        case TypeID.date: name(time)
        case TypeID.timestamp: name(time) + "::date"
        case TypeID.timestamptz: dayField(name(time), zone)
        default: text(time)
        }
    }

    /// The day of an instant; the ends of the type's range would overflow and fail the statement.
    private func dayField(_ time: String, _ zone: String) -> String {
        """
        CASE WHEN \(time) >= timestamptz '10000-01-01Z' THEN date '10000-01-01'
            WHEN \(time) < timestamptz '0001-01-01Z' THEN date '0001-12-31 BC'
            ELSE (\(time) AT TIME ZONE \(zone))::date END
        """
    }

    private func amountField(_ column: Column) -> String {
        switch column.type {
        case TypeID.numeric, TypeID.float8: name(column)
        case TypeID.money: name(column) + "::numeric"
        default: amountForm == .float ? name(column) + "::float8" : text(column)
        }
    }
}

/// Type numbers of Postgres that never change (`pg_type.dat`).
private enum TypeID {
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let money: UInt32 = 790
    static let varchar: UInt32 = 1043
    static let date: UInt32 = 1082
    static let timestamp: UInt32 = 1114
    static let timestamptz: UInt32 = 1184
    static let numeric: UInt32 = 1700
}
