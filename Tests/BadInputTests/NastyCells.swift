/// A value of a column, as SQL, and what must come of the row that holds it.
struct NastyCell: Sendable {
    var sql: String
    /// Why the row is rejected; nil when it is taken.
    var reason: String?
    /// What an amount is worth.
    var amount = 0.0

    static func taken(_ sql: String, worth amount: Double = 0) -> NastyCell {
        NastyCell(sql: sql, reason: nil, amount: amount)
    }

    static func rejected(_ reason: String, _ sql: String...) -> [NastyCell] {
        sql.map { NastyCell(sql: $0, reason: reason) }
    }
}

/// A type that a column may have: how its usual values are made, and values that hurt.
struct NastyType: Sendable {
    var name: String
    /// SQL of this type from SQL of the role's own: a customer's number, a date, an amount.
    var usual: @Sendable (String) -> String
    var cells: [NastyCell]
}

extension NastyType {
    /// `usual` makes them from a number above 0.
    static let customers = [
        NastyType(name: "text", usual: { "'u' || \($0)" }, cells: texts),
        NastyType(name: "varchar", usual: { "'u' || \($0)" }, cells: texts),
        NastyType(
            name: "uuid",
            usual: { "md5('u' || \($0))::uuid" },
            cells: NastyCell.rejected("no_customer", "NULL") + [
                .taken("'00000000-0000-0000-0000-000000000000'"),
                .taken("'{FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF}'"),
            ]
        ),
        NastyType(
            name: "int",
            usual: { "\($0)" },
            cells: NastyCell.rejected("no_customer", "NULL") + [
                .taken("0"), .taken("-2147483648"), .taken("2147483647"),
            ]
        ),
        NastyType(
            name: "bigint",
            usual: { "5000000000 + \($0)" },
            cells: NastyCell.rejected("no_customer", "NULL") + [
                .taken("-9223372036854775808"), .taken("9223372036854775807"),
            ]
        ),
        NastyType(
            name: "numeric",
            usual: { "\($0) + 0.5" },
            cells: NastyCell.rejected("no_customer", "NULL")
                + NastyCell.rejected("invalid_customer", "1e2000", "10::numeric ^ 131000") + [
                    .taken("'NaN'"), .taken("'-Infinity'"), .taken("1e300"), .taken("0.10"),
                    .taken("0.100"), .taken("-0.0"),
                ]
        ),
        NastyType(
            name: "bytea",
            usual: { "decode(md5('u' || \($0)), 'hex')" },
            cells: [.taken(#"'\x00ff'"#), .taken(#"'\x'::bytea || 'a'"#)]
        ),
        NastyType(
            name: "jsonb",
            usual: { "jsonb_build_object('id', \($0))" },
            cells: [.taken("'null'"), .taken(#"'"\"; drop table canary; --"'"#)]
        ),
    ]

    private static let texts =
        NastyCell.rejected("no_customer", "NULL", "''")
        + NastyCell.rejected(
            "invalid_customer",
            "repeat('é', 513)",
            "repeat('x', 1048576)",
            "repeat('; drop table canary; --', 4000)"
        )
        + [
            "repeat('é', 512)", "' '", "'  u1  '", #"E'a\tb\nc\rd\x1b[2J\x07\x7f'"#,
            #"U&'\202E\200B\FEFF'"#, "'🧑‍🤝‍🧑'", "'Å'", #"U&'A\030A'"#, #"U&'\FFFF'"#,
            "'''; drop table canary; --'", #"'\''; drop table canary; --'"#, "'$$; $x$'",
            "'a\"b,c;d'", #"'\\'"#, "'{NULL}'", "'NULL'", "'%s%n%'", "'newcomers'",
            "'../../etc/passwd'", "'<script>alert(1)</script>'", "'00001'", "'1e5'", "'true'",
            "'\\N'", "'\\.'", "'-- u'", "'/* u'",
        ].map { NastyCell.taken($0) }
}

extension NastyType {
    /// `usual` makes them from a date.
    static let times = [
        NastyType(name: "date", usual: { $0 }, cells: days),
        NastyType(
            name: "timestamp",
            usual: { "\($0) + time '12:00'" },
            cells: days
                + NastyCell.rejected("invalid_time", "'294276-12-31 23:59:59.999999'") + [
                    .taken("'2022-02-28 23:59:59.999999'"), .taken("'2020-02-29 00:00'"),
                ]
        ),
        NastyType(
            name: "timestamptz",
            usual: { "(\($0) + time '12:00') AT TIME ZONE 'Europe/Berlin'" },
            cells: days
                + NastyCell.rejected(
                    "invalid_time",
                    "'294276-12-31 23:59:59Z'",
                    "'4714-11-24 00:00Z BC'"
                ) + [
                    .taken("'2022-03-27 01:30Z'"), .taken("'2022-10-30 00:30Z'"),
                    .taken("'2022-12-31 23:30Z'"),
                ]
        ),
        NastyType(name: "text", usual: { "(\($0))::text" }, cells: writtenTimes),
        NastyType(
            name: "int",
            usual: { "to_char(\($0), 'YYYYMMDD')::int" },
            cells: NastyCell.rejected("no_time", "NULL")
                + NastyCell.rejected("invalid_time", "0", "-20220101", "20220230", "1700000000")
                + [.taken("20220228")]
        ),
    ]

    private static let days =
        NastyCell.rejected("no_time", "NULL")
        + NastyCell.rejected(
            "invalid_time",
            "'infinity'",
            "'-infinity'",
            "'0044-03-15 BC'",
            "'4713-01-01 BC'",
            "'0001-01-01'",
            "'1949-12-31'",
            "'10000-01-01'"
        ) + NastyCell.rejected("time_in_future", "'2999-01-01'", "'9999-12-31'") + [
            .taken("'2022-02-28'"), .taken("'epoch'"),
        ]

    private static let writtenTimes =
        NastyCell.rejected("no_time", "NULL", "''", "'   '")
        + NastyCell.rejected(
            "invalid_time",
            "'infinity'",
            "'now'",
            "'0044-03-15 BC'",
            "'28.02.2022'",
            "'2022-02-30'",
            "'2022-13-01'",
            "'2022-02-28 25:00'",
            "'2022-2-8'",
            "'٢٠٢٢-٠٢-٢٨'",
            "'２０２２-０２-２８'",
            "'2022-02-28''; drop table canary; --'",
            #"E'2022-02-28\n'"#,
            "repeat('2', 100000)",
            "'1949-12-30T23:59:59Z'"
        ) + NastyCell.rejected("time_in_future", "'9999-12-31T23:59:59+00:00'") + [
            .taken("'  2022-02-28 '"), .taken("'20220228'"), .taken("'2022/02/28'"),
            .taken("'2022-02-28T23:59:60.5+14:00'"), .taken("'2022-02-28 10:00 UTC'"),
        ]
}

extension NastyType {
    /// `usual` makes them from an amount; the type `none` stands for no column of amounts.
    static let amounts = [
        NastyType(
            name: "numeric",
            usual: { $0 },
            cells: NastyCell.rejected("amount_missing", "NULL")
                + NastyCell.rejected(
                    "amount_not_finite",
                    "'NaN'",
                    "'Infinity'",
                    "'-Infinity'",
                    "1e400",
                    "-(10::numeric ^ 131000)"
                )
                + NastyCell.rejected("amount_too_large", "1e300", "100000000000000", "-1e20") + [
                    .taken("1e-16000"), .taken("12.34", worth: 12.34), .taken("0.00"),
                    .taken("1.0000000000000000000000000000000000001", worth: 1),
                    .taken("123456.789::numeric(30, 20)", worth: 123456.789),
                ]
        ),
        NastyType(
            name: "int",
            usual: { "\($0)::int" },
            cells: NastyCell.rejected("amount_missing", "NULL") + [
                .taken("0"), .taken("2147483647", worth: 2_147_483_647),
            ]
        ),
        NastyType(
            name: "bigint",
            usual: { "\($0)::bigint" },
            cells: NastyCell.rejected("amount_missing", "NULL")
                + NastyCell.rejected(
                    "amount_too_large",
                    "9223372036854775807",
                    "-9223372036854775808"
                ) + [.taken("4294967296", worth: 4_294_967_296)]
        ),
        NastyType(
            name: "float8",
            usual: { "\($0)::float8" },
            cells: NastyCell.rejected("amount_missing", "NULL")
                + NastyCell.rejected("amount_not_finite", "'NaN'", "'Infinity'", "'-Infinity'")
                + NastyCell.rejected("amount_too_large", "1.7e308", "-1.7e308") + [
                    .taken("5e-324"), .taken("'-0'"), .taken("12.34", worth: 12.34),
                ]
        ),
        NastyType(
            name: "money",
            usual: { "\($0)::numeric::money" },
            cells: NastyCell.rejected("amount_missing", "NULL")
                + NastyCell.rejected(
                    "amount_too_large",
                    "'92233720368547758.07'",
                    "'-92233720368547758.08'"
                ) + [.taken("'1,234.56'", worth: 1234.56)]
        ),
        NastyType(name: "text", usual: { "(\($0))::text" }, cells: writtenAmounts),
        NastyType(name: "none", usual: { $0 }, cells: []),
    ]

    private static let writtenAmounts =
        NastyCell.rejected("amount_missing", "NULL", "''", "' '")
        + NastyCell.rejected("amount_not_finite", "'NaN'", "'inf'", "'-Infinity'", "'1e400'")
        + NastyCell.rejected(
            "amount_unreadable",
            "'1,234.50'",
            "'1.234,50'",
            "'$5'",
            "'5 EUR'",
            "'0x10'",
            "'1e'",
            "'--1'",
            "'١٢'",
            "'1; drop table canary'",
            "repeat('x', 100000)"
        ) + NastyCell.rejected("amount_too_large", "'1e300'", "repeat('9', 300)") + [
            .taken("' +12.34 '", worth: 12.34), .taken("'1e2'", worth: 100),
            .taken("'.5'", worth: 0.5),
            .taken("'5.'", worth: 5), .taken("'-0'"), .taken("'0.' || repeat('0', 100000) || '1'"),
            .taken("repeat('0', 100000) || '7'", worth: 7), .taken("'1e-99999999999999999999'"),
        ]
}
