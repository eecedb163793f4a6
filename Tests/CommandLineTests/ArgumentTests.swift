import CommandLine
import ControlAPI
import Testing

@Suite struct ArgumentTests {
    @Test(
        "what cannot be understood ends with 2 and a fix",
        arguments: [
            (["stauts"], "did you mean \"status\"?"),
            (["chekcs", "a/b"], "did you mean \"checks\"?"),
            (["checks", "a/b", "--limit", "0"], "--limit 20"),
            (["checks"], "clvctl checks TENANT/JOB"),
            (["runs", "--state", "faild"], "did you mean \"failed\"?"),
            (["runs", "--state", "bad"], "the states are queued, running, succeeded, failed,"),
            (["frobnicate"], "clvctl help lists"),
            (["run", "a/b", "--folow"], "did you mean \"--follow\"?"),
            (["run"], "clvctl run TENANT/JOB [options]"), (["run", "acme"], "TENANT/JOB"),
            (["run", "a/b", "c/d"], "clvctl run"),
            (["run", "a/b", "--as-of", "June"], "YYYY-MM-DD"),
            (["run", "a/b", "--as-of"], "clvctl help run"),
            (["run", "a/b", "--follow", "--wait"], "leave one out"),
            (["run", "a/b", "--follow=yes"], "write --follow"),
            (["runs", "--limit", "0"], "--limit 20"), (["sample", "--seed", "x"], "--seed 1"),
            (["pipeline", "f.csv"], "clvctl help pipeline"),
            (ArgumentTests.forecast("bg_nbd,gama_gamma"), "did you mean \"gamma_gamma\"?"),
            (ArgumentTests.forecast("bg_nbd, bg_nbd"), "remove one of them"),
            (ArgumentTests.forecast("cox"), "add one, such"),
            (ArgumentTests.forecast("bg_nbd") + ["--margin", "35"], "a number from 0 to 1"),
            (ArgumentTests.forecast(""), "the models are bg_nbd, mbg_nbd"),
            (["help", "stat"], "\"status\""),
        ]
    )
    func usage(words: [String], fix: String) {
        let outcome = Typing().type(words)
        #expect(outcome.exit == .usage && outcome.out.isEmpty)
        #expect(outcome.err.contains("  fix    ") && outcome.err.contains(fix), "\(outcome.err)")
    }

    private static func forecast(_ models: String) -> [String] {
        ["pipeline", "f.csv", "--customer", "a", "--time", "b", "--models", models]
    }

    @Test("every command has a help page that begins with an example, in both orders of the words")
    func help() {
        let overview = Typing().type()
        #expect(overview.exit == .fine)
        for command in [
            "status", "run", "runs", "checks", "cancel", "next", "models", "reload", "sample",
            "pipeline",
            "version", "watch", "help",
        ] {
            let page = Typing().type("help", command)
            #expect(page.exit == .fine && page.out.hasPrefix("  $ "))
            #expect(page.out.contains("clvctl \(command)"))
            #expect(Typing().type(command, "--help").out == page.out)
            #expect(Typing().type("-h", command).out == page.out)
            #expect(overview.out.contains("\n  \(command)"))
        }
        #expect(Typing().type("help", "exit-codes").out.contains("130  interrupted"))
    }

    @Test("options stand before the command, between and after")
    func order() {
        for words in [
            ["--socket", "/nowhere/s", "status"], ["status", "--socket=/nowhere/s"],
            ["status", "acme", "--socket", "/nowhere/s"],
        ] {
            #expect(Typing().type(words).err.contains("/nowhere/s"))
        }
    }

    @Test("the version is told with or without a service")
    func version() {
        let outcome = Typing().type("--version", "--socket", "/nowhere/s")
        #expect(outcome.exit == .fine && outcome.out.contains("clvctl 0.1.0"))
        #expect(Typing().type("version", "--json").out.contains(#""schema":"clvctl.versions/1""#))
    }
}

@Suite struct AppearanceTests {
    private func appearance(_ variables: [String: String]) -> Appearance {
        Appearance(descriptor: -1, variables: variables)
    }

    @Test("what is no terminal, has NO_COLOR or is dumb gets no escapes")
    func escapes() {
        #expect(!appearance([:]).isTerminal)
        let forced = ["CLVCTL_FORCE_TTY": "100"]
        #expect(appearance(forced).hasEscapes && appearance(forced).width == 100)
        for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb"), ("CLICOLOR", "0")] {
            let result = appearance(forced.merging([name: value]) { $1 })
            #expect(result.isTerminal && !result.hasEscapes)
        }
        #expect(appearance(forced.merging(["NO_COLOR": ""]) { $1 }).hasEscapes)
    }

    @Test("the locale decides between UTF-8 and ASCII")
    func locale() {
        #expect(appearance(["LANG": "de_DE.UTF-8"]).isUTF8)
        #expect(appearance(["LANG": "C.utf8"]).isUTF8)
        #expect(!appearance(["LANG": "de_DE.UTF-8", "LC_ALL": "C"]).isUTF8)
        #expect(!appearance([:]).isUTF8)
    }
}
