import Configuration
import Domain
import Postgres
import TestSupport
import Testing

@testable import Ingestion

@Suite(
    .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence)),
    .timeLimit(.minutes(2))
)
struct PostgresSourceTests {
    private func read(
        _ query: String,
        _ columns: ColumnSettings = shopColumns,
        on connection: Connection? = nil,
        originalsKept: Int = 100
    ) throws -> PurchaseRows {
        let source = PostgresSource(
            query: query,
            columns: columns,
            timeZone: "Europe/Berlin",
            originalsKept: originalsKept,
            // Winter time is enough for these tests.
            zoneDay: { ($0 + 3600).utcDay }
        )
        let rows = try source.read(from: connection ?? TestDatabase().connect())
        guard case .held(let held) = rows else { return PurchaseRows() }
        return held
    }

    @Test(
        "a time column of any type gives the civil day in the tenant's zone",
        arguments: [
            ("date '2024-01-05'", "2024-01-05"), ("timestamp '2024-01-05 23:30'", "2024-01-05"),
            ("timestamptz '2024-01-05 23:30+00'", "2024-01-06"),
            ("timestamptz '2024-07-05 22:30+00'", "2024-07-06"),
            ("text '2024-01-05'", "2024-01-05"),
            ("varchar '2024-01-05T23:30:00Z'", "2024-01-06"), ("20240105", "2024-01-05"),
            ("'2024-01-05'::char(20)", "2024-01-05"), ("to_json(date '2024-01-05')", "invalid"),
            ("null::date", "none"), ("null::text", "none"), ("null::timestamptz", "none"),
            ("date 'infinity'", "invalid"), ("date '-infinity'", "invalid"),
            ("timestamp 'infinity'", "invalid"), ("timestamptz '-infinity'", "invalid"),
            ("date '0044-03-15 BC'", "invalid"), ("date '10000-01-01'", "invalid"),
            ("date '0001-01-01'", "0001-01-01"), ("date '9999-12-31'", "9999-12-31"),
            ("text 'soon'", "invalid"),
        ]
    )
    func times(value: String, expected: String) throws {
        let rows = try read("select 'a' as user_id, \(value) as days, 1 as amount")
        #expect(rows.shown == ["a|\(expected)|1.0"])
    }

    @Test(
        "an amount column of any type gives the nearest Double",
        arguments: [
            ("12.34", "12.34"), ("-0.01", "-0.01"), ("1e20::numeric", "1e+20"),
            ("0::numeric", "0.0"),
            ("123456789012345678901234.5", "1.2345678901234569e+23"), ("1e-30::numeric", "1e-30"),
            ("12345678901234.0001", "12345678901234.0"), ("1e400::numeric", "inf"),
            ("7", "7.0"), ("7::int2", "7.0"), ("-7::int8", "-7.0"), ("0.1::float8", "0.1"),
            ("0.5::float4", "0.5"), ("'$1,234.56'::money", "1234.56"), ("text '1.5'", "1.5"),
            ("text '1,5'", "unreadable"), ("text 'NaN'", "nan"), ("text ''", "none"),
            ("'NaN'::numeric", "nan"), ("'Infinity'::numeric", "inf"),
            ("'-Infinity'::numeric", "-inf"), ("'NaN'::float8", "nan"),
            ("'Infinity'::float8", "inf"), ("null::numeric", "none"), ("null::float8", "none"),
            ("true", "unreadable"),
        ]
    )
    func amounts(value: String, expected: String) throws {
        let rows = try read("select 'a' as user_id, date '2024-01-05' as days, \(value) as amount")
        #expect(rows.shown == ["a|2024-01-05|\(expected)"])
    }

    @Test(
        "a customer column of any type gives text",
        arguments: [
            ("text 'é'", "é"), ("varchar 'x y'", "x y"), ("42", "42"), ("42::int8", "42"),
            ("'x'::char(9)", "x"), ("1.50", "1.50"), ("date '2024-01-05'", "2024-01-05"),
            (
                "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid",
                "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
            ),
            ("null::int", "-"), ("text ''", "-"),
        ]
    )
    func customers(value: String, expected: String) throws {
        let rows = try read("select \(value) as user_id, date '2024-01-05' as days, 1 as amount")
        #expect(rows.shown == ["\(expected)|2024-01-05|1.0"])
    }

    @Test("spoilt rows keep their cells, up to the cap")
    func spoilt() throws {
        let rows = try read(
            """
            select * from (values ('a', 'soon', 'x'), (null, '2024-01-05', '2'), ('b', null, '3'),
                ('c', '2024-01-05', '4')) as v (user_id, days, amount) -- a comment;
            """,
            originalsKept: 2
        )
        #expect(
            rows.shown == [
                "a|invalid|unreadable", "-|2024-01-05|2.0", "b|none|3.0", "c|2024-01-05|4.0",
            ]
        )
        #expect(rows.originals == [0: "a,soon,x", 1: ",2024-01-05,2"])
        let typed = try read(
            "select 7 as user_id, date 'infinity' as days, 1.25 as amount, 'o' as order_id",
            orderColumns
        )
        #expect(typed.originals == [0: "7,infinity,1.25,o"])
    }

    @Test(
        "rows are duplicates when all columns of the query are equal",
        arguments: [
            "order_id, user_id, days, amount, product", "order_id, user_id, days, amount",
            "order_id, user_id, days::date as days, amount",
            "order_id, user_id, days, amount, days as x",
            "order_id, user_id, days, amount, product as x, 1 as x",
        ]
    )
    func duplicates(selected: String) throws {
        let rows = try read(
            """
            select \(selected) from (values (1, 'a', timestamp '2024-01-05 10:00', 2.0, 'pen'),
                (1, 'a', '2024-01-05 10:00', 2.0, 'pen'), (1, 'a', '2024-01-05 10:01', 2.0, 'pen'),
                (1, 'a', '2024-01-05 10:00', 2.0, 'ink'), (1, 'a', '2024-01-05 10:00', 2.1, 'pen'),
                (2, 'a', '2024-01-05 10:00', 2.0, 'pen'), (1, 'b', '2024-01-05 10:00', 2.0, 'pen'),
                (null, 'a', '2024-01-05 10:00', 2.0, 'pen'))
                as v (order_id, user_id, days, amount, product);
            """,
            orderColumns
        )
        let key = try #require(rows.duplicateKey)
        #expect(key[7] == 0 && key[0] == key[1])
        #expect((key[0] == key[2]) == selected.contains("::date"))
        #expect((key[0] == key[3]) == !selected.contains("product"))
        #expect(Set([key[0], key[4], key[5], key[6]]).count == 4)
        let order = try #require(rows.order)
        #expect(Set(order[..<5]).count == 1 && order[5] != order[0] && order[7] == 0)
    }

    @Test("many rows come through whole, in many blocks")
    func manyRows() throws {
        let rows = try read(
            """
            select 'user_' || g % 1000 as user_id, date '2024-01-01' + g % 300 as days,
                g::numeric / 4 as amount from generate_series(0, 99999) g
            """
        )
        #expect(rows.count == 100_000)
        #expect(rows.customers.count == 1000)
        #expect(rows.amount?.reduce(0, +) == 1_249_987_500.0)
        #expect(rows.shown(99_999) == "user_999|2024-04-09|24999.75")
    }

    @Test("an empty result is no rows")
    func empty() throws {
        let rows = try read("select 'a' as user_id, now() as days, 1.0 as amount where false")
        #expect(rows.count == 0)
        #expect(rows.amount != nil)
    }

    @Test("a missing column is named with those of the query and a suggestion")
    func missingColumn() {
        #expect {
            try read("select 1 as \"User_Id\", now() as days, 1 as amount")
        } throws: {
            "\($0)" == """
                column "user_id" does not exist in the query
                  cause: its columns are "User_Id", "days", "amount"
                  fix: did you mean "User_Id"? name the customer column with customer_indicator
                """
        }
        #expect {
            try read("select 1 as user_id, 2 as user_id, now() as days, 1 as amount")
        } throws: {
            ($0 as? IngestionError)?.message
                == "column \"user_id\" appears more than once in the query"
        }
    }

    @Test("a query that fails says what the server said, and the connection goes on")
    func failingQuery() throws {
        let connection = try TestDatabase().connect()
        #expect {
            try read(
                "select 1 / (g - 5000) as user_id, now() as days, 1 as amount from generate_series(1, 9000) g",
                on: connection
            )
        } throws: {
            ($0 as? IngestionError)?.message == "cannot run the query: division by zero"
        }
        #expect(throws: IngestionError.self) {
            try read("delete from t returning 1", on: connection)
        }
        #expect(
            try read("select 1 as user_id, now() as days, 1 as amount", on: connection).count == 1
        )
    }

    @Test("names and zones with quotes stay names and zones")
    func quoting() throws {
        let columns = ColumnSettings(
            customer: "a \"b\"",
            time: "select",
            amount: nil,
            order: nil
        )
        let query = "select 1 as \"a \"\"b\"\"\", date '2024-01-05' as \"select\""
        #expect(try read(query, columns).shown == ["1|2024-01-05"])
        var source = PostgresSource(
            query: query.replacing("date '2024-01-05'", with: "now()"),
            columns: columns,
            timeZone: "No'where",
            zoneDay: { $0.utcDay }
        )
        let connection = try TestDatabase().connect()
        #expect {
            try source.read(from: connection)
        } throws: {
            ($0 as? IngestionError)?.message
                == "cannot run the query: time zone \"No'where\" not recognized"
        }
        source.timeZone = "UTC"
        #expect(try source.read(from: connection).count == 1)
    }

    @Test("columns of groups come as text, whatever their type")
    func groups() throws {
        let columns = ColumnSettings(
            customer: "user_id",
            time: "days",
            amount: "amount",
            order: "order_id",
            covariates: ["channel", "campaign"]
        )
        let query = """
            select * from (values ('a', date '2024-01-05', 1, 'o1', 'web', 7),
                ('b', date '2024-01-06', 2, 'o2', null, 8), ('c', date '2024-01-06', 2, null, 'web', 7))
                as t (user_id, days, amount, order_id, channel, campaign)
            """
        let rows = try read(query, columns)
        #expect(rows.shown.count == 3)
        #expect(
            rows.groups == [
                GroupColumn(name: "channel", groups: ["web"], codes: [1, 0, 1]),
                GroupColumn(name: "campaign", groups: ["7", "8"], codes: [1, 2, 1]),
            ]
        )
    }

    @Test("data that is no binary copy is refused")
    func damagedCopy() throws {
        let shape = try CopyShape(
            [Column(name: "user_id", type: 25), Column(name: "days", type: 1082)],
            ColumnSettings(customer: "user_id", time: "days", amount: nil, order: nil)
        )
        let good: [UInt8] =
            Array("PGCOPY\n".utf8) + [255, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            + [0, 2, 0, 0, 0, 1, 97, 0, 0, 0, 4, 0, 0, 0, 0, 255, 255]
        func newDecoder() -> CopyDecoder {
            CopyDecoder(
                shape,
                TimeParser(zoneDay: { $0.utcDay }),
                originalsKept: 1,
                spooling: nil
            )
        }
        func decode(_ bytes: [UInt8]) throws(IngestionError) -> PurchaseRows {
            var decoder = newDecoder()
            try decoder.decode(bytes)
            guard case .held(let rows) = try decoder.finish() else { return PurchaseRows() }
            return rows
        }
        #expect(try decode(good).shown == ["a|2000-01-01"])
        for length in 0..<good.count {
            #expect(throws: IngestionError.self) { try decode(Array(good[..<length])) }
        }
        var random = SeededNumbers(state: 3)
        for _ in 0..<5000 {
            var bytes = good
            bytes[Int.random(in: bytes.indices, using: &random)] ^= UInt8.random(
                in: 1...255,
                using: &random
            )
            _ = try? decode(bytes)
        }
    }
}
