import Configuration
import Domain
import Testing

@testable import Ingestion

@Suite struct CSVTests {
    @Test(
        "line ends, quotes, delimiters and a byte order mark are understood",
        arguments: [
            "user_id,days,amount\na,2024-01-02,1.5\nb,2024-01-03,2\n",
            "user_id,days,amount\r\na,2024-01-02,1.5\r\nb,2024-01-03,2",
            "user_id,days,amount\ra,2024-01-02,1.5\rb,2024-01-03,2\r",
            "\u{FEFF}user_id,days,amount\na,2024-01-02,1.5\n\n\nb,2024-01-03,2\n\n",
            "\"user_id\",\"days\",\"amount\"\n\"a\",\"2024-01-02\",\"1.5\"\n\"b\",2024-01-03,2",
            "amount;days;user_id\n1.5;2024-01-02;a\n2;2024-01-03;b\n",
            "\"amount\";\"days\";\"user_id\"\n1.5;\"2024-01-02\";a\n2;2024-01-03;b\n",
            "amount\tdays\tuser_id\n1.5\t2024-01-02\ta\n2\t2024-01-03\tb\n",
            "note, user_id ,days,amount\n\"x\ny, \"\"z\"\"\",a,2024-01-02,1.5\n,b,2024-01-03,2\n",
        ]
    )
    func forms(text: String) throws {
        for blockSize in [1, 2, 3, 7, 1000] {
            let rows = try decode(text, blockSize: blockSize)
            #expect(rows.shown == ["a|2024-01-02|1.5", "b|2024-01-03|2.0"])
            #expect(rows.originals.isEmpty)
        }
    }

    @Test("cells that cannot be read keep their row and its text")
    func spoiltCells() throws {
        let rows = try decode(
            """
            user_id,days,amount
            ,2024-01-02,1
            a,,1
            a,soon,1
            a,2024-01-02,
            a,2024-01-02,1 EUR
            a,2024-01-02,NaN
            "",2024-01-02,-inf
            """
        )
        #expect(
            rows.shown == [
                "-|2024-01-02|1.0", "a|none|1.0", "a|invalid|1.0", "a|2024-01-02|none",
                "a|2024-01-02|unreadable", "a|2024-01-02|nan", "-|2024-01-02|-inf",
            ]
        )
        #expect(rows.originals.count == 7)
        #expect(rows.originals[4] == "a,2024-01-02,1 EUR")
    }

    @Test("rows of another shape are malformed, and reading goes on behind their line")
    func malformed() throws {
        let text = #"""
            user_id,days,amount
            a,2024-01-02
            a,2024-01-02,1,2
            "a"b,2024-01-02,1
            b"c,2024-01-02,3
            "never closed,2024-01-02,1
            "d ""x""",2024-01-02,4
            z\#u{0}z,2024-01-02,5
            """#
        for blockSize in [1, 5, 1000] {
            let rows = try decode(text, blockSize: blockSize)
            #expect(
                rows.shown == [
                    "-|malformed|none", "-|malformed|none", "-|malformed|none",
                    "b\"c|2024-01-02|3.0", "-|malformed|none", "d \"x\"|2024-01-02|4.0",
                    "invalid|2024-01-02|5.0",
                ]
            )
            #expect(rows.originals[0] == "a,2024-01-02")
            #expect(rows.originals[4] == "\"never closed,2024-01-02,1")
            #expect(rows.originals[6] == "zz,2024-01-02,5")
        }
    }

    @Test("an id that is no UTF-8, or too long, spoils its row alone")
    func badIdentifiers() throws {
        var bytes = Array("user_id,days,amount\na,2024-01-02,1\n".utf8)
        bytes += [0xFF, 0xFE] + Array(",2024-01-02,1\n".utf8)
        bytes += [UInt8](repeating: 120, count: 1025) + Array(",2024-01-02,1\n".utf8)
        bytes += [UInt8](repeating: 120, count: 1024) + Array(",2024-01-02,1\né,2024-01-02,1".utf8)
        let rows = try decode(bytes)
        #expect(rows.customer.filter { $0 == PurchaseRows.invalidCustomer }.count == 2)
        #expect(rows.shown(4) == "é|2024-01-02|1.0")
        #expect(rows.originals[2]?.count == 1024)
    }

    @Test("rows, fields and originals are bounded")
    func bounds() throws {
        let longField = String(repeating: "x", count: CSVScanner.longestField + 1)
        let endless = String(repeating: "y", count: 3 * CSVScanner.longestRecord)
        let text =
            "note,user_id,days,amount\n\(longField),a,2024-01-01,1\n\(endless),b,2024-01-01,1\n"
            + "\"\(endless)\",c,2024-01-01,1\nok,d,2024-01-01,1\n"
        for blockSize in [100_000, 1 << 18] {
            let rows = try decode(text, blockSize: blockSize, originalsKept: 2)
            #expect(rows.shown.map { $0.prefix(5) } == ["-|mal", "-|mal", "-|mal", "d|202"])
            #expect(rows.originals.count == 2)
            #expect(rows.originals.values.allSatisfy { $0.count == 1024 })
        }
    }

    @Test("order ids are told apart, and rows that are equal in every column have equal keys")
    func orders() throws {
        let rows = try decode(
            """
            order_id,user_id,days,amount,product
            o1,a,2024-01-02,1,pen
            o1,a,2024-01-02,1,ink
            o1,a,2024-01-02,1,pen
            o2,a,2024-01-02,1,pen
            ,a,2024-01-02,1,pen
            """,
            columns: orderColumns
        )
        let order = try #require(rows.order)
        #expect(order[0] == order[1] && order[0] != order[3] && order[4] == 0)
        let key = try #require(rows.duplicateKey)
        #expect(key[0] == key[2] && key[0] != key[1] && key[0] != key[3] && key[4] == 0)
    }

    @Test("without an amount column there are no amounts")
    func noAmounts() throws {
        let columns = ColumnSettings(customer: "user_id", time: "days", amount: nil, order: nil)
        let rows = try decode("user_id,days\na,2024-01-02\n", columns: columns)
        #expect(rows.amount == nil)
        #expect(rows.shown == ["a|2024-01-02"])
    }

    @Test("a missing column is named with those that exist and a suggestion")
    func missingColumn() {
        let columns = ColumnSettings(customer: "userid", time: "day", amount: nil, order: nil)
        #expect {
            try decode("user_id,days,amount\n", columns: columns)
        } throws: {
            "\($0)" == """
                column "userid" does not exist in file "shop.csv"
                  cause: its columns are "user_id", "days", "amount"
                  fix: did you mean "user_id"? name the customer column with --customer
                """
        }
    }

    @Test("a column that appears twice is refused only when it is wanted")
    func repeatedColumn() throws {
        #expect(try decode("x,x,user_id,days,amount\n1,2,a,2024-01-01,1\n").count == 1)
        #expect {
            try decode("user_id,user_id,days,amount\n")
        } throws: {
            ($0 as? IngestionError)?.message
                == "column \"user_id\" appears more than once in file \"shop.csv\""
        }
    }

    @Test(
        "what is no CSV is refused by what it is",
        arguments: [
            ("", "it is empty"), ("PK\u{3}\u{4}...", "it is a ZIP archive or a spreadsheet"),
            ("PAR1xxx", "it is a Parquet file"),
            ("\"a\"b\n", "its first line is no header"),
        ]
    )
    func foreign(text: String, found: String) {
        for blockSize in [100, 1 << 18] {
            #expect {
                try decode(text, blockSize: blockSize)
            } throws: {
                ($0 as? IngestionError)?.message
                    == "file \"shop.csv\" cannot be read as CSV: \(found)"
            }
        }
    }

    @Test("bytes that no text has are not taken for a header")
    func controls() {
        for blockSize in [100, 1 << 18] {
            #expect {
                try decode("a\u{0}b,c\n", blockSize: blockSize)
            } throws: {
                ($0 as? IngestionError)?.message == "file \"shop.csv\" is not text"
            }
        }
    }

    @Test("a first line that never ends is no header")
    func endlessHeader() {
        #expect {
            try decode(String(repeating: "x", count: 9 << 20))
        } throws: {
            ($0 as? IngestionError)?.code == "not_csv"
        }
    }

    @Test("rubbish behind a good header ends with a clear error before memory does")
    func rubbish() {
        var bytes = Array("user_id,days,amount\n".utf8)
        for _ in 0..<1_200_000 { bytes += [120, 10] }
        #expect {
            try decode(bytes, blockSize: 1 << 16)
        } throws: {
            let message = ($0 as? IngestionError)?.message ?? ""
            return message.contains("rows do not have the header's 3 columns")
                && message.contains(" of the first 10")
        }
    }

    @Test("what a writer quotes comes back as it was, in blocks of any size")
    func roundTrip() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededNumbers(state: seed)
        for _ in 0..<300 {
            let end = ["\n", "\r\n", "\r"].randomElement(using: &random) ?? "\n"
            var text = "note,user_id,days,amount\(end)"
            var expected: [String] = []
            for row in 0..<Int.random(in: 0...20, using: &random) {
                let id = word(&random) + "\(row)"
                let cents = Int.random(in: -9999...9999, using: &random)
                let day = Day(number: Int32.random(in: -1000...30_000, using: &random))
                let cells = [word(&random), id, "\(day)", "\(Double(cents) / 100)"]
                text += cells.map { quoted($0, &random) }.joined(separator: ",") + end
                expected.append("\(id)|\(day)|\(Double(cents) / 100)")
            }
            let size = Int.random(in: 1...80, using: &random)
            let rows = try decode(text, blockSize: size)
            #expect(rows.shown == expected, "seed \(seed)")
        }
    }

    private func word(_ random: inout SeededNumbers) -> String {
        let alphabet = ["a", "b", "é", "😀", ",", "\"", "\n", "\r\n", "\r", ";", " "]
        let length = Int.random(in: 0...6, using: &random)
        return (0..<length).map { _ in alphabet.randomElement(using: &random) ?? "" }.joined()
    }

    private func quoted(_ cell: String, _ random: inout SeededNumbers) -> String {
        let special = cell.utf8.contains { [10, 13, 34, 44].contains($0) }
        if !special && Bool.random(using: &random) { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }

    @Test("columns of groups are numbered as they come, empty and malformed cells are in none")
    func groups() throws {
        var columns = shopColumns
        columns.covariates = ["channel", "gender"]
        let text = """
            user_id,channel,days,amount,gender
            a,web,2024-01-05,1,f
            b, shop ,2024-01-05,1,
            c,web,2024-01-05
            d,"web",2024-01-06,2,m
            e,,2024-01-07,x,f

            """
        for blockSize in [7, 64, 1 << 18] {
            let rows = try decode(text, columns: columns, blockSize: blockSize)
            #expect(
                rows.groups == [
                    GroupColumn(name: "channel", groups: ["web", "shop"], codes: [1, 2, 0, 1, 0]),
                    GroupColumn(name: "gender", groups: ["f", "m"], codes: [1, 0, 0, 2, 1]),
                ]
            )
        }
        columns.covariates = ["chanel"]
        #expect {
            try decode(text, columns: columns)
        } throws: {
            ($0 as? IngestionError)?.fix?.contains("--covariate") == true
        }
    }

    @Test("a doubled quotation mark in a group is one")
    func quotedGroups() throws {
        var columns = shopColumns
        columns.covariates = ["channel"]
        let text = #"""
            user_id,channel,days,amount
            a,"x""y,z",2024-01-05,1
            b,"x""y,z",2024-01-05,1

            """#
        let rows = try decode(text, columns: columns)
        let group = GroupColumn(name: "channel", groups: [#"x"y,z"#], codes: [1, 1])
        #expect(rows.groups == [group])
    }

    @Test("of more groups than can be told apart the later ones are none")
    func manyGroups() throws {
        var columns = shopColumns
        columns.covariates = ["code"]
        let lines = (0..<300).map { "a,2024-01-05,1,g\($0 % 250)\n" }
        let rows = try decode("user_id,days,amount,code\n" + lines.joined(), columns: columns)
        let codes = rows.groups[0].codes
        #expect(rows.groups[0].groups.count == GroupColumn.groupsMax)
        #expect(codes[199] == 200 && codes[200..<250].allSatisfy { $0 == 0 } && codes[250] == 1)
    }
}
