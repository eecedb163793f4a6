import Domain
import Postgres
import TestSupport
import Testing

private let hasPostgres = ConditionTrait.enabled(
    if: PrivateCluster.isInstalled,
    Comment(rawValue: PrivateCluster.absence)
)

@Suite(hasPostgres, .timeLimit(.minutes(2))) struct StatementTests {
    @Test("parameters and answers are texts, NULL is nil")
    func parameters() throws {
        let connection = try TestDatabase().connect()
        let rows = try connection.execute(
            "SELECT $1::text, $2::bigint + 1, $3::text, $4::text[]",
            ["it's \"ü\" \\ {}", "41", nil, arrayParameter(["a,b", nil, "\"\\", ""])]
        )
        #expect(rows.count == 1 && rows.columnCount == 4)
        #expect(rows[0, 0] == "it's \"ü\" \\ {}")
        #expect(rows.integer(0, 1) == 42)
        #expect(rows[0, 2] == nil)
        #expect(rows[0, 3] == #"{"a,b",NULL,"\"\\",""}"#)
    }

    @Test("any text survives as a quoted name and as a literal")
    func quoting() throws {
        let connection = try TestDatabase().connect()
        for text in ["a\"b", "it's", "back\\slash'", "ünï; DROP TABLE x --", " ", "select"] {
            let sql = "SELECT \(quoted(literal: text)) AS \(quoted(identifier: text))"
            let rows = try connection.execute(sql)
            #expect(rows[0, 0] == text)
            #expect(rows.columns.first?.name == text)
        }
    }

    @Test("a transaction that throws leaves nothing, one that returns leaves all")
    func transactions() throws {
        struct Stop: Error {}
        let connection = try TestDatabase().connect()
        try connection.execute("CREATE TABLE t (n int)")
        #expect(throws: Stop.self) {
            try connection.transaction {
                try connection.execute("INSERT INTO t VALUES (1)")
                throw Stop()
            }
        }
        try connection.transaction { try connection.execute("INSERT INTO t VALUES (2)") }
        #expect(try connection.execute("SELECT string_agg(n::text, ',') FROM t")[0, 0] == "2")
    }

    @Test("the server watches in each transaction whether its client is there, and only there")
    func watching() throws {
        let connection = try TestDatabase().connect()
        let question = "SELECT current_setting('client_connection_check_interval')"
        for kind in [TransactionKind.readWrite, .readOnlySnapshot] {
            let inside = try connection.transaction(kind) { try connection.execute(question)[0, 0] }
            #expect(inside == "2s")
            #expect(try connection.execute(question)[0, 0] == "0")
        }
    }

    @Test("time-outs hold inside the transaction only")
    func timeouts() throws {
        var limits = WaitLimits()
        limits.statementSeconds = 1
        let connection = try TestDatabase().connect(limits: limits)
        let error = #expect(throws: PostgresError.self) {
            try connection.transaction { try connection.execute("SELECT pg_sleep(30)") }
        }
        #expect(error?.code == "statement_timeout" && error?.failureClass == .transient)
        #expect(try connection.execute("SHOW statement_timeout")[0, 0] == "0")
    }

    @Test("a query is described without being run")
    func describe() throws {
        let connection = try TestDatabase().connect()
        try connection.execute("CREATE TABLE purchases (user_id text, days date, amount numeric)")
        let columns = try connection.transaction(.readOnlySnapshot) {
            try connection.describe(query: "select user_id, days, amount from purchases -- all")
        }
        #expect(columns.map(\.name) == ["user_id", "days", "amount"])
        #expect(columns.map(\.type) == [25, 1082, 1700])
    }

    @Test("an error names the column, and the line of the query that it stands in")
    func place() throws {
        let connection = try TestDatabase().connect()
        try connection.execute("CREATE TABLE purchases (user_id text)")
        let error = #expect(throws: PostgresError.self) {
            try connection.transaction(.readOnlySnapshot) {
                try connection.describe(query: "select 1,\n  user_idd as customer\nfrom purchases")
            }
        }
        #expect(error?.message == "column \"user_idd\" does not exist")
        #expect(
            error?.cause == "SQLSTATE 42703; Perhaps you meant to reference the column "
                + "\"purchases.user_id\"; at \"user_idd as customer\""
        )
        #expect(
            error?.fix
                == "correct the column's name in the tenant's file, or select it in the query"
        )
    }

    @Test("semicolons at the end of a query are taken away, and none elsewhere")
    func terminators() {
        #expect(withoutTerminator("select 1 ;\n ; ") == "select 1")
        #expect(withoutTerminator("select ';'") == "select ';'")
        #expect(withoutTerminator("select 1; select 2") == "select 1; select 2")
        #expect(withoutTerminator(" ; ") == "")
    }

    @Test(
        "comments at the end go with the semicolons, and quotes hold what looks like either",
        arguments: [
            ("select 1; -- the end;", "select 1"),
            ("select 1 -- one\n + 2 -- two", "select 1 -- one\n + 2"),
            ("/* a */ select 1 /* b /* c */ ; */ ;", "/* a */ select 1"),
            ("select 1 /* open", "select 1 /* open"), ("select ';--'", "select ';--'"),
            ("select '''--' --", "select '''--'"), ("select E'\\'--' --", "select E'\\'--'"),
            ("select '\\' --'", "select '\\'"), ("select type'\\' --'", "select type'\\'"),
            ("select \"a--\" ;", "select \"a--\""), ("select $$--$$ --", "select $$--$$"),
            ("select $a$ $b$; $a$;", "select $a$ $b$; $a$"), ("select $1 -- x", "select $1"),
            ("select a$b -- $b", "select a$b"), ("select 1 - -1;", "select 1 - -1"),
            ("select 4/2;", "select 4/2"), ("select '", "select '"), ("$", "$"), ("--", ""),
            ("select 'é' ; -- é", "select 'é'"), ("select 1;\u{b}\u{c}", "select 1"),
        ]
    )
    func trailingComments(query: String, rest: String) {
        #expect(withoutTerminator(query) == rest)
    }

    @Test(
        "a query that is more or less than one query is refused",
        arguments: [
            ("select 1; drop table purchases", "several_statements"),
            ("select 1) q; drop table purchases; --", "syntax_error"),
            ("delete from purchases returning user_id", "not_a_reading_query"),
            (
                "with d as (delete from purchases returning *) select * from d",
                "not_a_reading_query"
            ),
            ("select * from purchases where user_id = $1", "query_has_parameters"),
            ("select nothing from purchases", "no_such_column"),
            ("select 1 from nowhere", "no_such_table"), ("", "empty_query"),
            ("select 1 /* open", "syntax_error"), ("set work_mem = 1", "not_a_reading_query"),
        ]
    )
    func refused(query: String, code: String) throws {
        let connection = try TestDatabase().connect()
        try connection.execute("CREATE TABLE purchases (user_id text)")
        try connection.execute("INSERT INTO purchases VALUES ('a')")
        let error = #expect(throws: PostgresError.self) {
            try connection.transaction(.readOnlySnapshot) { try connection.describe(query: query) }
        }
        #expect(error?.code == code)
        #expect(error?.failureClass == .configuration)
        #expect(try connection.execute("SELECT count(*) FROM purchases")[0, 0] == "1")
    }
}
