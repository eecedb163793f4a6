import Cleaning
import Domain
import Testing

@Suite struct CleaningTests {
    @Test("rows of one day are summed, and days are sorted by customer id and date")
    func sums() throws {
        let rows = columns([
            TestRow("b", 5, 1), TestRow("a", 9, 2), TestRow("b", 5, 2.5), TestRow("a", 3, 0),
            TestRow("ab", 4, 1), TestRow("b", 2, 1),
        ])
        let result = try clean(rows, by: CleaningRules())
        #expect(result.ledger.shown == ["a: 3=0.0 9=2.0", "ab: 4=1.0", "b: 2=1.0 5=3.5"])
        #expect(result.ledger.asOf == Day(number: 9))
        #expect(result.account.accepted == 6 && result.account.rejected == 0)
    }

    @Test("a customer's groups are those of the first purchase day, whoever is left out before")
    func firstGroups() throws {
        var rows = columns([
            TestRow("b", 5, 1), TestRow("a", 9, 2), TestRow("aa", 9, -2), TestRow("b", 2, 1),
            TestRow("b", 2, 3), TestRow("c", 4, 1),
        ])
        rows.groups = [
            GroupColumn(name: "channel", groups: ["web", "shop"], codes: [1, 2, 1, 0, 2, 0])
        ]
        let ledger = try clean(rows, by: CleaningRules()).ledger
        #expect(ledger.shown == ["a: 9=2.0", "b: 2=4.0 5=1.0", "c: 4=1.0"])
        #expect(
            ledger.firstGroups
                == [GroupColumn(name: "channel", groups: ["web", "shop"], codes: [2, 2, 0])]
        )
    }

    @Test("a return reduces its order's day, else the latest purchase day before it")
    func returns() throws {
        let rows = columns(
            [
                TestRow("a", 1, 10, order: "x"), TestRow("a", 5, 20, order: "y"),
                TestRow("a", 6, -3, order: "x"), TestRow("a", 6, -4),
                TestRow("a", 4, -1, order: "unknown"), TestRow("a", 3, -2, order: "y"),
                TestRow("b", 6, 1, order: "x"), TestRow("b", 7, -9, order: "y"),
            ],
            orders: true
        )
        let result = try clean(rows, by: CleaningRules(asOf: Day(number: 9)))
        #expect(result.ledger.shown == ["a: 1=6.0 5=14.0", "b: 6=-8.0"])
        #expect(result.ledger.returned == 19 && result.ledger.returnedShare == 19.0 / 31)
        #expect(result.account.accepted == 8)
    }

    @Test("an order of several days is reduced on its latest day before the return")
    func longOrders() throws {
        let rows = columns(
            [
                TestRow("a", 1, 10, order: "x"), TestRow("a", 3, 10, order: "x"),
                TestRow("a", 4, 10, order: "y"), TestRow("a", 8, 10, order: "x"),
                TestRow("a", 5, -1, order: "x"), TestRow("a", 0, -2, order: "x"),
            ],
            orders: true
        )
        let result = try clean(rows, by: CleaningRules())
        #expect(result.ledger.shown == ["a: 1=8.0 3=9.0 4=10.0 8=10.0"])
    }

    @Test("a return with nothing to reduce is rejected and makes no purchase day")
    func returnsWithoutPurchase() throws {
        let rows = columns([
            TestRow("a", 5, -1), TestRow("a", 6, 2), TestRow("b", 1, -5), TestRow("a", 7, -0.0),
        ])
        let result = try clean(rows, by: CleaningRules())
        #expect(result.ledger.shown == ["a: 6=2.0 7=0.0"])
        #expect(result.account.reasons == [.returnWithoutPurchase: 2])
        #expect(result.ledger.returned == 0)
        #expect(result.account.kept.map(\.rowNumber) == [1, 3])
        #expect(result.account.kept[0].raw == "a,1970-01-06,-1.0")
    }

    @Test("every reason of a row is given, and the counts stay exact beyond the cap")
    func reasons() throws {
        var rows = columns(
            [
                TestRow("a", 1, 1, order: "x"), TestRow(nil, PurchaseRows.noTime, nil),
                TestRow("a", PurchaseRows.invalidTime, .infinity), TestRow("a", 11, .nan),
                TestRow("a", 1, 1, order: "x"), TestRow(nil, PurchaseRows.malformedRow),
                TestRow("a", 2, PurchaseRows.unreadableAmount),
                TestRow(nil, 3, 4, order: "z"), TestRow(nil, 3, 4, order: "z"),
            ],
            orders: true
        )
        rows.originals = [5: "a,b"]
        let result = try clean(
            rows,
            by: CleaningRules(asOf: Day(number: 9), today: Day(number: 10), rejectedRowsKept: 7)
        )
        let account = result.account
        #expect(account.read == 9 && account.accepted == 1 && account.rejected == 8)
        #expect(
            account.kept.map(\.reasons) == [
                [.noCustomer, .noTime, .amountMissing], [.invalidTime, .amountNotFinite],
                [.timeInFuture, .amountNotFinite], [.exactDuplicate], [.malformed],
                [.amountUnreadable], [.noCustomer],
            ]
        )
        #expect(account.kept[4].raw == "a,b")
        #expect(account.reasons[.noCustomer] == 3 && account.reasons[.exactDuplicate] == 2)
    }

    @Test("days and amounts that nobody can have meant are rejected, to the last day and cent")
    func limits() throws {
        var rows = columns([
            TestRow("a", -7306, 1), TestRow("a", -7305, 1), TestRow("a", 1, 1e14),
            TestRow("a", 1, -1e14), TestRow("a", 1, 1e14.nextDown), TestRow(nil, 1, 1),
        ])
        rows.customer[5] = PurchaseRows.invalidCustomer
        let result = try clean(rows, by: CleaningRules())
        #expect(result.ledger.shown == ["a: -7305=1.0 1=99999999999999.98"])
        #expect(
            result.account.reasons == [.invalidTime: 1, .amountTooLarge: 2, .invalidCustomer: 1]
        )
        #expect(
            result.account.kept.map(\.raw) == [
                "a,1949-12-31,1.0", "a,1970-01-02,100000000000000.0",
                "a,1970-01-02,-100000000000000.0", ",1970-01-02,1.0",
            ]
        )
    }

    @Test("rows after the as-of date are counted apart")
    func afterAsOf() throws {
        let rows = columns([TestRow("a", 1, 1), TestRow("a", 5, 1), TestRow("b", 6, 1)])
        let result = try clean(
            rows,
            by: CleaningRules(asOf: Day(number: 4), today: Day(number: 5))
        )
        #expect(result.ledger.shown == ["a: 1=1.0"])
        #expect(result.ledger.asOf == Day(number: 4))
        #expect(result.account.afterAsOf == 1)
        #expect(result.account.reasons == [.timeInFuture: 1])
    }

    @Test("the newest purchase day is the as-of date, and returns make none")
    func newestDay() throws {
        let rows = columns([TestRow("a", 1, 1), TestRow("a", 5, -1), TestRow(nil, 9, 1)])
        let result = try clean(rows, by: CleaningRules())
        #expect(result.ledger.asOf == Day(number: 1))
        #expect(result.account.afterAsOf == 1)
    }

    @Test("without amounts every row makes a purchase day")
    func noAmounts() throws {
        let rows = columns([TestRow("a", 1), TestRow("a", 1), TestRow("a", 3)], amounts: false)
        let result = try clean(rows, by: CleaningRules())
        #expect(result.ledger.shown == ["a: 1 3"])
        #expect(result.ledger.amount == nil)
    }

    @Test("no purchases left is refused with what became of the rows")
    func refusals() {
        #expect {
            try clean(columns([]), by: CleaningRules())
        } throws: {
            "\($0)" == """
                the source has no rows
                  fix: run the query of data_query_path in psql, or open the file
                """
        }
        #expect {
            try clean(columns([TestRow("a", 3, -1), TestRow(nil, 3, 1)]), by: CleaningRules())
        } throws: {
            "\($0)" == """
                no purchases are left of 2 rows
                  cause: 1 no_customer, 1 return_without_purchase
                  fix: check customer_indicator or --customer, whose cells are empty; rejected_rows, \
                or --rejected FILE, shows the rows
                """
        }
        #expect {
            try clean(columns([TestRow("a", 3, 1)]), by: CleaningRules(asOf: Day(number: 1)))
        } throws: {
            ($0 as? CleaningError)?.message
                == "no purchase was made by 1970-01-02: all 1 rows are later"
        }
    }
}
