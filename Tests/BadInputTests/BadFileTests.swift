import Domain
import FileSystem
import Glibc
import TestSupport
import Testing
import WorkerContract

@Suite(.timeLimit(.minutes(2))) struct BadFileTests {
    private static let shown = "; rejected_rows, or --rejected FILE, shows the rows"

    private static func notCSV(_ text: String, _ found: String, _ fix: String) -> Refusal {
        Refusal(
            text,
            .refused,
            "not_csv",
            "file \"INPUT\" cannot be read as CSV: \(found)",
            fix: fix
        )
    }

    private static let refusals = [
        notCSV("", "it is empty", "give a file with a header and rows"),
        notCSV(
            "\n\nx\n",
            "its first line is no header",
            "the first line names the columns, with a comma between two names"
        ),
        notCSV("PK\u{3}\u{4}...", "it is a ZIP archive or a spreadsheet", "save it as CSV"),
        Refusal(
            "\u{1b}[31mc,t,a\nx,2024-01-01,1\n",
            .refused,
            "not_text",
            "file \"INPUT\" is not text",
            cause: "its first line holds control characters",
            fix: "give CSV in UTF-8, which may be compressed with gzip; the command \"file\" tells"
                + " what it is"
        ),
        Refusal(
            "c\u{202e},t,\"a\u{9b}\n\"\nx,2024-01-01,1\n",
            .configuration,
            "no_such_column",
            "column \"c\" does not exist in file \"INPUT\"",
            cause: "its columns are \"c\\u{202e}\", \"t\", \"a\\u{9b}\n\"",
            fix: "name the customer column with --customer"
        ),
        Refusal(
            "c,t,A\nx,2024-01-01,1\n",
            .configuration,
            "no_such_column",
            "column \"a\" does not exist in file \"INPUT\"",
            cause: "its columns are \"c\", \"t\", \"A\"",
            fix: "did you mean \"A\"? name the amount column with --amount"
        ),
        Refusal(
            "c,t,a,c\n",
            .configuration,
            "repeated_column",
            "column \"c\" appears more than once in file \"INPUT\"",
            fix: "give each column a name of its own"
        ),
        Refusal(
            "c,t,a\n",
            .refused,
            "no_purchases",
            "the source has no rows",
            fix: "run the query of data_query_path in psql, or open the file"
        ),
        Refusal(
            "c;t;a\nx;01.01.2024;1\nx;2024-01-02;1,5\ny;2024-13-01;\n",
            .refused,
            "no_purchases",
            "no purchases are left of 3 rows",
            cause: "2 invalid_time, 1 amount_missing, 1 amount_unreadable",
            fix: "write times as 2024-12-31 or 2024-12-31T23:59:59+01:00, from 1950-01-01 on"
                + shown
        ),
        Refusal(
            "c,t,a\nx;2024-01-01;1\nx;2024-01-02;1\n",
            .refused,
            "no_purchases",
            "no purchases are left of 2 rows",
            cause: "2 malformed_row",
            fix: "check that the file is CSV with one delimiter throughout" + shown
        ),
        Refusal(
            Files.text { _ in "9e13" },
            .refused,
            "unpublishable_value",
            "historic_spend of customer \"u0\" cannot be published",
            cause: "900000000000000.0 does not fit numeric(18,4)",
            fix: "correct amounts of this size in the source, or express them in a larger unit"
        ),
    ]

    @Test(
        "a file that is no good is refused with what to do, and nothing is written",
        arguments: refusals
    )
    func refused(_ refusal: Refusal) throws {
        let files = try Files(refusal.input.utf8)
        try FileSystem.replace(files.output, with: Array("old".utf8))
        let ending = try Programs.work(on: try files.plan())
        #expect(try ending.problem() == refusal.naming(["INPUT": files.input]))
        #expect(ending.code == refusal.exit.rawValue)
        #expect(try files.text(files.output) == "old")
        let hasRejected = refusal.error.code == "no_purchases"
        #expect(try files.names() == ["in.csv", "out.csv"] + (hasRejected ? ["rejected.csv"] : []))
    }

    @Test(
        "a compressed file that is cut off or changed is refused",
        arguments: [
            ("head -c -5", "unexpected end of file"), ("head -c 12", "unexpected end of file"),
            ("head -c 2", "unexpected end of file"),
            ("{ head -c -8; printf 12345678; }", "incorrect data check"),
        ]
    )
    func damaged(cut: String, cause: String) throws {
        let files = try Files()
        let shell = try Programs.shell("gzip -c '\(files.input)' | \(cut) >'\(files.input).gz'")
        try #require(shell.code == 0)
        let ending = try Programs.work(on: try files.plan { $0.path += ".gz" })
        #expect(
            try ending.problem()
                == ProblemReport(
                    code: "damaged_file",
                    message: "compressed file \"\(files.input).gz\" is damaged",
                    cause: cause,
                    fix: "make or copy it again; \"gzip -t\" tells whether it is whole"
                )
        )
        #expect(ending.code == ExitCode.refused.rawValue)
        #expect(try files.names() == ["in.csv", "in.csv.gz"])
    }

    @Test("spoilt rows among good ones are rejected and shown")
    func mixed() throws {
        // Each amount stands in about 44 rows.
        var text = Files.good
        for (amount, cell) in [
            (10, "nan"), (11, "-inf"), (12, "1e999"), (13, "\"1,5\""), (14, ""), (15, "1e1"),
        ] {
            text = text.replacing(",\(amount)\n", with: ",\(cell)\n")
        }
        text = text.replacing("u39,2024-01", with: "u39,9999-12").replacing(
            "u38,2024-02",
            with: "u38,0000-02"
        )
        var bytes = Array(text.utf8)
        bytes += Array("u\0,2024-01-01,1\n\u{1b}]0;\u{7},soon,1\n".utf8)
        bytes += [0xFF, 0xFE] + Array(",2024-01-01,1\n".utf8)
        bytes += [UInt8](repeating: 120, count: 10_000) + Array(",2024-01-01,1\n".utf8)
        bytes += Array("\"lone,2024-01-01,1\n".utf8)
        let files = try Files(bytes)
        let ending = try Programs.work(on: try files.plan())
        try #require(ending.code == 0, "\(ending)")
        let rows = try #require(try ending.result().rows)
        #expect(rows.read == 405 && rows.accepted + rows.rejected == 405)
        let rejected = try files.text(files.rejected)
        for line in [
            "1,amount_not_finite,\"u0,2024-01-01,nan\"", "401,invalid_customer,\"u,2024-01-01,1\"",
            "402,invalid_time,\"\u{1b}]0;\u{7},soon,1\"",
            "403,invalid_customer,\"\u{fffd}\u{fffd},2024-01-01,1\"",
            "405,malformed_row,\"\"\"lone,2024-01-01,1\"",
        ] {
            #expect(rejected.contains("\n\(line)\n"), "\(line)")
        }
        #expect(try files.names() == ["in.csv", "out.csv", "rejected.csv", "report.json"])
    }

    @Test("a file that is not there, is a folder or must not be read is named with the reason")
    func unreadable() throws {
        let files = try Files()
        let locked = files.folder.path + "/locked.csv"
        try FileSystem.replace(locked, with: Array(Files.good.utf8), mode: 0)
        let cases = [
            (
                "/nonexistent/in.csv", "no_such_file", "No such file or directory",
                "check the path, each of its folders included"
            ),
            (files.folder.path, "is_a_folder", "Is a directory", "name a file, not a folder"),
            (
                files.input + "/in.csv", "not_a_folder", "Not a directory",
                "check the path: a part of it is a file and no folder"
            ),
            (
                locked, "file_permission", "Permission denied",
                "give the calling user access to it, e.g. with chown or chmod"
            ),
        ]
        for (path, code, cause, fix) in cases {
            let ending = try Programs.work(
                on: try files.plan { $0.path = path },
                wrapper: Privileges.none
            )
            #expect(
                try ending.problem()
                    == ProblemReport(
                        code: code,
                        message: "could not read file \"\(path)\"",
                        cause: cause,
                        fix: fix
                    )
            )
            #expect(ending.code == ExitCode.configuration.rawValue)
        }
        #expect(try files.names() == ["in.csv", "locked.csv"])
    }
}

/// What takes root's right to read and write everything away from a command.
enum Privileges {
    static let none =
        geteuid() == 0
        ? ["/usr/bin/setpriv", "--bounding-set", "-dac_override,-dac_read_search"] : []
}
