import Domain
import TestSupport
import Testing
import WorkerContract

@Suite(
    .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence)),
    .timeLimit(.minutes(2))
)
struct BadQueryTests {
    private static let correct = "correct the query of data_query_path"
    private static let single = "write a single SELECT into data_query_path"

    private static let refusals = [
        Refusal(
            "selec c, t, a from shop",
            .configuration,
            "syntax_error",
            "cannot run the query: syntax error at or near \"selec\"",
            cause: "SQLSTATE 42601; at \"selec c, t, a from shop\"",
            fix: correct
        ),
        Refusal(
            "select c, t, a from shop where",
            .configuration,
            "syntax_error",
            "cannot run the query: syntax error at end of input",
            cause: "SQLSTATE 42601; at \"select c, t, a from shop where\"",
            fix: correct
        ),
        Refusal(
            "select c, t, a from shop) q) to stdout; drop table shop; --",
            .configuration,
            "syntax_error",
            "cannot run the query: syntax error at or near \")\"",
            cause: "SQLSTATE 42601; at \"select c, t, a from shop) q) to stdout; drop table shop\"",
            fix: correct
        ),
        Refusal(
            "select c, t, a from shoop",
            .configuration,
            "no_such_table",
            "cannot run the query: relation \"shoop\" does not exist",
            cause: "SQLSTATE 42P01; at \"select c, t, a from shoop\"",
            fix: "correct the table's name in the query, and name its schema"
        ),
        Refusal(
            "select c, t, amuont as a from shop",
            .configuration,
            "no_such_column",
            "cannot run the query: column \"amuont\" does not exist",
            cause: "SQLSTATE 42703; at \"select c, t, amuont as a from shop\"",
            fix: "correct the column's name in the tenant's file, or select it in the query"
        ),
        Refusal(
            "select c, t, a as \"A\" from shop",
            .configuration,
            "no_such_column",
            "column \"a\" does not exist in the query",
            cause: "its columns are \"c\", \"t\", \"A\"",
            fix: "did you mean \"A\"? name the amount column with amount_indicator"
        ),
        Refusal(
            "select c, t, a, a from shop",
            .configuration,
            "repeated_column",
            "column \"a\" appears more than once in the query",
            fix: "give each column a name of its own"
        ),
        Refusal(
            "select c, t, a / (a - a) as a from shop",
            .refused,
            "data_refused",
            "cannot run the query: division by zero",
            cause: "SQLSTATE 22012",
            fix: "correct the query of data_query_path, or the rows that it meets"
        ),
        Refusal(
            "select c, ('x' || t)::date as t, a from shop",
            .refused,
            "data_refused",
            "cannot run the query: invalid input syntax for type date: \"x2024-01-01\"",
            cause: "SQLSTATE 22007",
            fix: "correct the query of data_query_path, or the rows that it meets"
        ),
        Refusal(
            "insert into shop values ('x', now(), 1) returning c, t, a",
            .configuration,
            "not_a_reading_query",
            "the query is not one statement that only reads",
            cause: "syntax error at or near \"into\"",
            fix: single
        ),
        Refusal(
            "with d as (delete from shop returning *) select * from d",
            .configuration,
            "not_a_reading_query",
            "the query is not one statement that only reads",
            cause: "WITH clause containing a data-modifying statement must be at the top level",
            fix: single
        ),
        Refusal(
            "select c, t, a, nextval('clv.publication_numbers') from shop",
            .configuration,
            "data_changing_query",
            "cannot run the query: cannot execute nextval() in a read-only transaction",
            cause: "SQLSTATE 25006",
            fix: "write a query that only reads"
        ),
        Refusal(
            "select c, t, a from shop; select 1",
            .configuration,
            "several_statements",
            "the query is more than one statement",
            fix: single
        ),
        Refusal(
            "select c, t, $1::int as a from shop",
            .configuration,
            "query_has_parameters",
            "the query has parameters like $1, and there is nothing to put in",
            fix: "write the values into the query of data_query_path"
        ),
        Refusal(
            " ; -- nothing",
            .configuration,
            "empty_query",
            "the query is empty",
            fix: "write a SELECT into data_query_path, or the path of a .sql file"
        ),
        Refusal(
            "select c, t, a from shop\0",
            .configuration,
            "nul_character",
            "the query holds a NUL character",
            fix: "save the file of data_query_path as UTF-8 text"
        ),
        Refusal(
            "select c, t, a from \"\u{1b}[31m\u{202e}\"",
            .configuration,
            "no_such_table",
            "cannot run the query: relation \"\\u{1b}[31m\\u{202e}\" does not exist",
            cause: "SQLSTATE 42P01; at \"select c, t, a from \"\\u{1b}[31m\\u{202e}\"\"",
            fix: "correct the table's name in the query, and name its schema"
        ),
    ]

    @Test("a query that cannot be run is refused, and the run is recorded", arguments: refusals)
    func refused(_ refusal: Refusal) throws {
        let shop = try Shop.shared.get()
        let plan = shop.plan(refusal.input)
        let ending = try Programs.work(on: plan)
        #expect(try ending.problem() == refusal.error)
        #expect(ending.code == refusal.exit.rawValue)
        try shop.expectTrace(of: plan, refusal.error)
        #expect(try shop.rows("SELECT count(*)::text FROM shop") == [["400"]])
    }

    @Test(
        "a query may end with semicolons and comments, and hold them",
        arguments: [
            "select c, t, a from shop;", "select c, t, a from shop -- all of it",
            "select c, t, a from shop ; /* a; /* b */ */ ; -- the end;",
            "select c || ';--' as c, t, a from shop;", "select c || $x$;/*$x$ as c, t, a from shop",
        ]
    )
    func accepted(_ query: String) throws {
        let shop = try Shop.shared.get()
        let ending = try Programs.work(on: shop.plan(query))
        #expect(ending.code == 0)
        #expect(
            try ending.result().rows == .init(read: 400, accepted: 400, rejected: 0, afterAsOf: 0)
        )
    }
}
