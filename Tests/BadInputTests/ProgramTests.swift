import Domain
import FileSystem
import Glibc
import JSONCoding
import TestSupport
import Testing

/// `clvctl` as people type it: what they see and the exit code.
@Suite(.timeLimit(.minutes(2))) struct ProgramTests {
    private static let columns = "--customer c --time t --amount a"

    @Test(
        "a command line that cannot be meant is refused before any work",
        arguments: [
            (
                "pipeline in.csv --time t", 2,
                "clvctl: --customer is missing\n  fix    name the column, see clvctl help pipeline"
            ),
            (
                "pipeline - \(columns)", 2,
                "clvctl: \"-\" cannot stand for a file here\n  fix    write the purchases to a file first; it may be compressed with gzip"
            ),
            (
                "pipeline /dev/stdin \(columns)", 2,
                "clvctl: \"/dev/stdin\" cannot stand for a file here\n  fix    write the purchases to a file first; it may be compressed with gzip"
            ),
            (
                "pipeline in.csv \(columns) --report /dev/stdout", 2,
                "clvctl: \"/dev/stdout\" cannot stand for a file here\n  fix    name a file with --report"
            ),
            (
                "pipeline in.csv \(columns) -o in.csv", 2,
                "clvctl: \"FOLDER/in.csv\" is named twice\n  fix    give each file a path of its own"
            ),
            (
                "pipeline in.csv \(columns) --as-of 2024-02-30", 2,
                "clvctl: \"2024-02-30\" is not a date\n  fix    write it as YYYY-MM-DD"
            ),
            (
                "pipeline in.csv \(columns) --as-of 9999-12-31", 1,
                "clvctl: as-of date 9999-12-31 is in the future\n  fix    choose a day that is over, or leave it out"
            ),
        ]
    )
    func usage(words: String, exit: Int32, said: String) throws {
        let files = try Files()
        let folder = files.folder.path
        let ending = try Programs.shell("cd '\(folder)'; clvctl \(words)")
        #expect(ending.errors == said.replacing("FOLDER", with: folder))
        #expect(ending.code == exit && ending.output.isEmpty)
        #expect(try files.names() == ["in.csv"])
    }

    @Test(
        "what a run refuses is shown with cause and fix, and nothing of the data moves the cursor",
        arguments: [
            (
                "nowhere.csv", 5,
                "clvctl: could not read file \"FOLDER/nowhere.csv\"\n  cause  No such file or directory\n  fix    check the path, each of its folders included"
            ),
            (
                "random.csv", 1,
                "clvctl: file \"FOLDER/random.csv\" is not text\n  cause  its first line holds control characters\n  fix    give CSV in UTF-8, which may be compressed with gzip; the command \"file\" tells what it is"
            ),
            (
                "hostile.csv", 5,
                "clvctl: column \"c\" does not exist in file \"FOLDER/hostile.csv\"\n  cause  its columns are \"c\\u{202e}\\u{9b}31m\", \"t\", \"a\"\n  fix    name the customer column with --customer"
            ),
            (
                "empty.csv", 1,
                "clvctl: file \"FOLDER/empty.csv\" cannot be read as CSV: it is empty\n  fix    give a file with a header and rows"
            ),
        ]
    )
    func refusals(name: String, exit: Int32, said: String) throws {
        let files = try Files()
        let folder = files.folder.path
        try FileSystem.replace(
            folder + "/hostile.csv",
            with: Array("c\u{202e}\u{9b}31m,t,a\n".utf8)
        )
        try FileSystem.replace(folder + "/empty.csv", with: [])
        let ending = try Programs.shell(
            """
            cd '\(folder)'; { printf '\\1'; head -c 2000 /dev/urandom | tr '\\n' x; } >random.csv
            clvctl pipeline \(name) \(ProgramTests.columns) -o out.csv
            """
        )
        #expect(ending.errors == "ingest started\n" + said.replacing("FOLDER", with: folder))
        #expect(ending.code == exit && ending.output.isEmpty)
        #expect(try files.names() == ["empty.csv", "hostile.csv", "in.csv", "random.csv"])
    }

    @Test("standard output that cannot take the table is told")
    func standardOutput() throws {
        let files = try Files()
        let words = "clvctl pipeline '\(files.input)' \(ProgramTests.columns) -o -"
        let full = try Programs.shell("\(words) >/dev/full")
        #expect(full.code == 1)
        #expect(
            full.errors.hasSuffix(
                "clvctl: could not write the table\n  cause  No space left on device\n"
                    + "  fix    free space on that file system"
            )
        )
        let whole = try Programs.shell("\(words) 2>/dev/null")
        #expect(whole.code == 0 && whole.output.count == 41)
    }

    @Test("--json tells of a failure as an object with the exit code")
    func json() throws {
        let files = try Files("c,t,a\nx,soon,1\n".utf8)
        let ending = try Programs.shell(
            "clvctl pipeline '\(files.input)' \(ProgramTests.columns) -o '\(files.output)' --json"
        )
        #expect(ending.code == 1)
        #expect(
            ending.output == [
                #"{"error":{"cause":"1 invalid_time","code":"no_purchases","fix":"write times as"#
                    + " 2024-12-31 or 2024-12-31T23:59:59+01:00, from 1950-01-01 on; rejected_rows,"
                    + " or --rejected FILE, shows the rows\",\"message\":\"no purchases are left of"
                    + #" 1 rows"},"exit_code":1,"schema":"clvctl.error/1"}"#
            ]
        )
    }

    @Test(
        "a configuration that cannot be used ends with 5 and says where",
        arguments: [
            (
                "export_pth = 5\n", "error[C107]: unknown key \"export_pth\"", ":1:1",
                "did you mean \"export_path\"?"
            ),
            (
                "export_path = 5\n",
                "error[C102]: \"export_path\" is an integer, a string is needed", ":1:15",
                "where fitted models are stored"
            ),
            (
                "x\u{1b}[31m = \n", "error[C001]: cannot read this as TOML", ":1:2",
                "https://toml.io"
            ),
        ]
    )
    func configuration(text: String, summary: String, place: String, help: String) throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/clvd.toml"
        try FileSystem.replace(file, with: Array(text.utf8))
        let ending = try Programs.shell("clvctl config check '\(folder.path)'")
        #expect(ending.code == 5 && ending.output.isEmpty)
        #expect(ending.errors.hasPrefix(summary), "\(ending.errors)")
        #expect(ending.errors.contains("  --> \(file)\(place)\n") && ending.errors.contains(help))
        #expect(ending.errors.hasSuffix("cannot be used: 1 file, 1 error, 0 warnings"))
        #expect(!ending.errors.contains("\u{1b}"))
    }

    @Test("a configuration that is not there ends with 5")
    func noConfiguration() throws {
        let ending = try Programs.shell("clvctl config check /nonexistent")
        #expect(ending.code == 5)
        #expect(
            ending.errors.hasPrefix(
                """
                error[C002]: there is no configuration
                  --> /nonexistent
                   = no such folder
                   = fix: mkdir -p /nonexistent/tenants.d
                """
            )
        )
    }
}
