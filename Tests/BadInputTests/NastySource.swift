import Configuration
import Numerics
import Postgres

/// A table and a query on it that somebody could have, however unlikely, made from a seed.
struct NastySource: Sendable {
    /// Where the rows are, quoted.
    let table: String
    /// Creates and fills the table, and `expected` with what must be published of it.
    let script: String
    let query: String
    let columns: ColumnSettings
    /// How many rows there are, and how many are rejected for which reason.
    let rows: Int
    let reasons: [String: Int]
    /// Whether the query is one that must not be run.
    let isRefused: Bool

    /// Customers of the usual kind, and rows of each.
    private static let customers = 40
    private static let rowsEach = 6

    init(number: Int, seed: UInt64) {
        var random = RandomSource(seed: seed &+ UInt64(number))
        let schema = Self.quoted(Self.names.pick(&random) + " \(number)")
        table = "\(schema).\(Self.quoted(Self.names.pick(&random)))"
        var names: [String] = []
        while names.count < 4 {
            let name = Self.names.pick(&random)
            if !names.contains(name) { names.append(name) }
        }
        let kinds = Kinds(
            customer: NastyType.customers.pick(&random),
            time: NastyType.times.pick(&random),
            amount: NastyType.amounts.pick(&random)
        )
        let hasOrders = Bool.random(using: &random)
        columns = ColumnSettings(
            customer: names[0],
            time: names[1],
            amount: kinds.hasAmounts ? names[2] : nil,
            order: hasOrders ? names[3] : nil
        )
        let spoilt = kinds.spoiltRows(&random)
        rows = Self.customers * Self.rowsEach + spoilt.count
        reasons = spoilt.reduce(into: [:]) { counts, row in
            if let reason = row.reason { counts[reason, default: 0] += 1 }
        }
        script = Self.script(schema, table, names, kinds, spoilt)
        let turn = [4: 0, 7: 1, 9: 2][number % 10]
        isRefused = turn != nil
        let select = Self.selects.pick(&random)
            .replacing("COLUMNS", with: names.map(Self.quoted).joined(separator: ", "))
        // One after the other, so that a round of 200 has them all.
        let refused = Self.refused[(number / 10 * 3 + (turn ?? 0) + Int(seed)) % Self.refused.count]
        let text = isRefused ? refused : select + Self.endings.pick(&random)
        query = text.replacing("TABLE_NAME", with: table)
    }

    private static func quoted(_ name: String) -> String {
        Postgres.quoted(identifier: name)
    }

    private static func script(
        _ schema: String,
        _ table: String,
        _ names: [String],
        _ kinds: Kinds,
        _ spoilt: [Row]
    ) -> String {
        let columns = zip(names, [kinds.customer.name, kinds.time.name, kinds.amountType, "text"])
            .map { "\(quoted($0)) \($1)" }
        var lines = [
            "CREATE SCHEMA \(schema)", "CREATE TABLE \(table) (\(columns.joined(separator: ", ")))",
            "CREATE TABLE IF NOT EXISTS expected (customer text, amount numeric)",
            "TRUNCATE expected",
            """
            INSERT INTO \(table) SELECT \(kinds.usual("c", "date '2024-01-01' + g * 7 % 300", "(10 + g % 9)::numeric")),
                'o' || g
            FROM generate_series(1, \(customers)) AS c, generate_series(1, \(rowsEach)) AS k,
                LATERAL (SELECT c * 13 + k AS g) AS n
            """,
            """
            INSERT INTO expected SELECT (\(kinds.customer.usual("c")))::\(kinds.customer.name)::text,
                10 + (c * 13 + k) % 9
            FROM generate_series(1, \(customers)) AS c, generate_series(1, \(rowsEach)) AS k
            """,
        ]
        for (index, row) in spoilt.enumerated() {
            lines.append("INSERT INTO \(table) SELECT \(row.cells), 's\(index)'")
            guard row.reason == nil else { continue }
            lines.append("INSERT INTO expected SELECT (\(row.customer))::text, \(row.amount)")
        }
        return lines.joined(separator: ";\n")
    }
}

/// A row with a value that hurts.
private struct Row {
    var cells: String
    var customer: String
    var amount: Double
    var reason: String?
}

/// The types of a source's columns.
private struct Kinds {
    var customer: NastyType
    var time: NastyType
    var amount: NastyType

    var hasAmounts: Bool { amount.name != "none" }
    var amountType: String { hasAmounts ? amount.name : "numeric" }

    func usual(_ customer: String, _ day: String, _ amount: String) -> String {
        [self.customer.usual(customer), time.usual(day), self.amount.usual(amount)]
            .joined(separator: ", ")
    }

    /// Each has one nasty cell; those of one customer are on different days.
    func spoiltRows(_ random: inout RandomSource) -> [Row] {
        let usual = (
            customer: { (index: Int) in customer.usual("\(index + 1)") },
            time: { (index: Int) in time.usual("(date '2023-01-01' + \(index))") },
            amount: amount.usual("20::numeric")
        )
        var rows: [Row] = []
        func add(_ who: String, _ when: String, _ what: String, _ cell: NastyCell, _ worth: Double)
        {
            let owner = "(\(who))::\(customer.name)"
            rows.append(
                Row(
                    cells: "\(owner), (\(when))::\(time.name), (\(what))::\(amountType)",
                    customer: owner,
                    amount: worth,
                    reason: cell.reason
                )
            )
        }
        for cell in customer.cells.shuffled(using: &random).prefix(12) {
            add(cell.sql, usual.time(rows.count), usual.amount, cell, 20)
        }
        for cell in time.cells.shuffled(using: &random).prefix(12) {
            add(usual.customer(rows.count), cell.sql, usual.amount, cell, 20)
        }
        for cell in amount.cells.shuffled(using: &random).prefix(12) {
            add(usual.customer(rows.count), usual.time(rows.count), cell.sql, cell, cell.amount)
        }
        return rows
    }
}

extension [String] {
    fileprivate func pick(_ random: inout RandomSource) -> String {
        randomElement(using: &random) ?? ""
    }
}

extension [NastyType] {
    fileprivate func pick(_ random: inout RandomSource) -> NastyType {
        self[Int.random(in: indices, using: &random)]
    }
}

extension NastySource {
    /// Names of schemas, tables and columns.
    static let names = [
        "plain", "Mixed Case", "select", "user", "null", "naïve Ünï", "a\"b", "таблица", "名前",
        "x;y", "x--y", "x/*y", "$1", "%I", "a\\b", "'q'", " leading", "tab\there", "line\nbreak",
        "trailing ", "🧑‍🤝‍🧑", "clvd_source", "q", "a.b", "\u{202e}evil", "$$", "$x$", "E'\\'",
        "1st", "customer_id", "\"\"", "U&\"x\"", "*", "(", ")", "drop table canary; --",
        String(repeating: "x", count: 55), String(repeating: "é", count: 27),
    ]

    /// Ways to read a whole table.
    static let selects = [
        "select COLUMNS from TABLE_NAME", "SELECT * FROM TABLE_NAME", "table TABLE_NAME",
        "with q as (select * from TABLE_NAME) select * from q", "(select * from TABLE_NAME)",
        "select * from TABLE_NAME union all (select * from TABLE_NAME limit 0)",
        "select * from (select COLUMNS from TABLE_NAME) as clvd_source",
        "select s.* from TABLE_NAME as s /* it's \"a $$ comment */ where '--;' <> '/*'",
        "select * from TABLE_NAME where $t$ ; -- $t$ is not null and E'\\';--' <> ''",
        "\n\t-- first a comment; with ' a quote\nselect * -- all\r\nfrom TABLE_NAME",
        "select COLUMNS from TABLE_NAME order by 4 offset 0",
        "with recursive r (n) as (values (1)) select t.* from TABLE_NAME as t, r",
        // For Postgres this is no blank but a letter, so that it is the table's other name.
        "select * from TABLE_NAME \u{a0}",
        "select COLUMNS, 1 as \"one more\", now() as \"now\", null as \"nothing\" from TABLE_NAME",
    ]

    /// What may stand behind.
    static let endings = [
        "", ";", " ;;; ", "\n", "\t;\r\n", " -- the end", " -- the end;\n", " -- a\r\n; -- b",
        " /* a; /* b */ */", "; -- the end;", "\n--\n;", " /* $$ */", " -- '", " -- $x$", " -- */",
        " --\\", " -- /*", ";/**/;/***/", " -- drop table canary", " /* '' \" */ -- \"",
    ]

    /// What must not be run, or cannot be.
    static let refused = [
        "select * from TABLE_NAME; select 1", "select * from TABLE_NAME; drop table canary",
        "select * from TABLE_NAME) as x; drop table canary; --",
        "select * from TABLE_NAME) as x) to program 'touch CANARY_FILE'; --",
        "select * from TABLE_NAME /* open", "select * from TABLE_NAME where 'open",
        "select * from TABLE_NAME as \"open", "select * from TABLE_NAME where $x$ open",
        "drop table canary", "truncate canary", "delete from canary returning *",
        "update canary set n = 2 returning *", "insert into canary values (2) returning *",
        "select n, n, n into stolen from canary", "create table stolen as select * from canary",
        "with d as (delete from canary returning *) select * from d",
        "explain analyze delete from canary", "copy canary to program 'touch CANARY_FILE'",
        "copy (select 1) to '/tmp/x'", "do $$ begin drop table canary; end $$",
        "begin; drop table canary; commit", "commit", "rollback; drop table canary",
        "select * from TABLE_NAME for update", "vacuum canary", "listen x", "set role none",
        "prepare p as select 1", "execute p", "call p()", "lock table canary", "show all",
        "values (1)", "select", "select null", "select 1 / 0 from TABLE_NAME", "\\copy canary",
        "\\! touch CANARY_FILE", "\u{feff}select * from TABLE_NAME",
        "select * from TABLE_NAME where 1 = $1", "", ";", " -- nothing", "/* nothing",
        "select * from TABLE_NAME\0", "\0",
        "select set_config('transaction_read_only', 'off', true)",
        "select * from no_such_table", "select * from TABLE_NAME limit -1", "table",
        "select pg_terminate_backend(pg_backend_pid()) as c",
        "select * from TABLE_NAME, canary, canary",
        "select nextval('canary_numbers') as c, * from TABLE_NAME", "🧑‍🤝‍🧑", "sel\u{200b}ect 1",
    ]
}
