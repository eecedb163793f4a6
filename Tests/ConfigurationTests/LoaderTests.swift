import Configuration
import Domain
import Glibc
import JSONCoding
import Testing

/// A tenant's file that loads.
func tenantFile(_ name: String, query: String = "select 1", more: String = "") -> String {
    """
    [tenant]
    name = "\(name)"
    time_zone = "UTC"
    [source]
    connector = { db = "shop" }
    data_query_path = "\(query)"
    customer_indicator = "user_id"
    time_indicator = "days"
    [[jobs]]
    name = "monthly"
    time_period = "month"
    \(more)
    """
}

@Suite struct LoaderTests {
    @Test("the settings of the files arrive, with the defaults for what is left out")
    func settings() throws {
        let folder = try TemporaryFolder()
        try folder.write("clvd.toml", "export_path = \"/srv\"\n[workers]\nslots = 3\n")
        try folder.write("tenants.d/b.toml", tenantFile("birch", query: "sub/q.sql"))
        try folder.write("tenants.d/sub/q.sql", "select 2;\n ;")
        try folder.write("tenants.d/a.toml", tenantFile("acme", more: "horizons = [\"year\"]"))
        let loaded = try Loader(directories: [folder.path + "/"]).loadStrictly()
        let settings = loaded.settings
        #expect(settings.service.exportPath == "/srv")
        #expect(settings.service.workers.slots == 3)
        #expect(settings.service.workers.stopTimeout == 30)
        #expect(settings.tenants.map(\.name) == ["acme", "birch"])
        #expect(settings.tenants.map(\.source.query) == ["select 1", "select 2"])
        let job = try #require(settings.tenants.first?.jobs.first)
        #expect(job.horizons.map(\.days) == [365])
        #expect(job.maxModelAge.days == 30)
        #expect(job.schedule == ["*-*-* 03:00"])
        #expect(settings.tenants.last?.origin == "\(folder.path)/tenants.d/b.toml:1")
        #expect(settings.tenants.last?.destination.connection.database == "shop")
        #expect(loaded.files.count == 3)
    }

    @Test("the first folder with a file's name wins, and a link to /dev/null switches it off")
    func precedence() throws {
        let (etc, run, usr) = (try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder())
        try usr.write("clvd.toml", "[workers]\nslots = 9\n")
        try run.write("clvd.toml", "[workers]\nslots = 8\n")
        try usr.write("tenants.d/acme.toml", tenantFile("from-usr"))
        try etc.write("tenants.d/acme.toml", tenantFile("from-etc"))
        try run.write("tenants.d/masked.toml", tenantFile("masked"))
        try etc.link("tenants.d/masked.toml", to: "/dev/null")
        try run.write("tenants.d/own.toml", tenantFile("own"))
        try etc.write("tenants.d/example.toml.disabled", "rubbish")
        try etc.write("tenants.d/.hidden.toml", "rubbish")
        let directories = [etc.path, run.path, usr.path]
        let loaded = try Loader(directories: directories).loadStrictly()
        #expect(loaded.settings.tenants.map(\.name) == ["from-etc", "own"])
        #expect(loaded.settings.service.workers.slots == 8)
        try etc.link("clvd.toml", to: "/dev/null")
        let masked = try Loader(directories: directories).loadStrictly()
        #expect(masked.settings.service.workers.slots == 1)
        let only = try Loader(directories: [etc.path]).loadStrictly()
        #expect(only.settings.tenants.map(\.name) == ["from-etc"])
    }

    @Test("one tenant's broken file degrades that tenant, and a strict load refuses it")
    func degraded() throws {
        let folder = try TemporaryFolder()
        try folder.write("tenants.d/good.toml", tenantFile("good"))
        try folder.write("tenants.d/named.toml", tenantFile("cedar", more: "colour = 1"))
        try folder.write("tenants.d/syntax.toml", "[tenant\n")
        try folder.link("tenants.d/lost.toml", to: "nowhere")
        let loader = Loader(directories: [folder.path])
        let loaded = try loader.load()
        #expect(loaded.settings.tenants.map(\.name) == ["good"])
        #expect(loaded.degradedTenants.map(\.name) == ["lost", "cedar", "syntax"])
        #expect(
            loaded.degradedTenants.map(\.diagnostics.first?.code.rawValue) == [
                "C002", "C107", "C001",
            ]
        )
        #expect(loaded.diagnostics.tally(of: loaded.files) == "3 errors in 3 of 4 files")
        let error = #expect(throws: ConfigurationError.self) { try loader.loadStrictly() }
        #expect(
            error?.message
                == "cannot use the configuration, 3 errors in 3 of 4 files: "
                + "\(folder.path)/tenants.d/lost.toml: could not read the file"
        )
    }

    @Test("an error in clvd.toml is fatal, one in its [[tenants]] is that tenant's")
    func service() throws {
        let folder = try TemporaryFolder()
        let tenant = """
            [[tenants]]
            name = "acme"
            time_zone = "UTC"
            source = { connector = { db = "a" }, data_query_path = "select 1", \
            customer_indicator = "a", time_indicator = "b" }
            jobs = [{ name = "m", time_period = "month" }]

            """
        try folder.write("clvd.toml", tenant + "[[tenants]]\nname = \"birch\"\n")
        let loader = Loader(directories: [folder.path])
        let loaded = try loader.load()
        #expect(loaded.settings.tenants.map(\.name) == ["acme"])
        #expect(loaded.degradedTenants.map(\.name) == ["birch"])
        try folder.write("clvd.toml", "slot = 1\n" + tenant)
        let error = #expect(throws: ConfigurationError.self) { try loader.load() }
        #expect(error?.diagnostics.count == 1)
        #expect(error?.fix == "remove it")
        #expect(error?.message.hasSuffix("clvd.toml:1:1: unknown key \"slot\"") == true)
    }

    @Test("the second tenant of one name is degraded and told where the first is")
    func duplicates() throws {
        let folder = try TemporaryFolder()
        try folder.write("tenants.d/a.toml", tenantFile("acme"))
        try folder.write("tenants.d/b.toml", tenantFile("acme"))
        let loaded = try Loader(directories: [folder.path]).load()
        #expect(loaded.settings.tenants.map(\.origin) == ["\(folder.path)/tenants.d/a.toml:1"])
        #expect(loaded.degradedTenants.map(\.name) == ["b"])
        #expect(
            loaded.diagnostics.text == """
                error[C104]: tenant "acme" exists twice
                  --> \(folder.path)/tenants.d/b.toml:2:8
                   |
                 2 | name = "acme"
                   |        ^^^^^^
                   = the first is at \(folder.path)/tenants.d/a.toml:2
                   = fix: rename one of them
                """
        )
    }

    @Test("a folder that does not exist is an error with a fix")
    func noFolder() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try Loader(directories: ["/nonexistent"]).load()
        }
        #expect(
            error?.message
                == "cannot use the configuration, 1 error: /nonexistent: there is no configuration"
        )
        #expect(
            error?.diagnostics.text == """
                error[C002]: there is no configuration
                  --> /nonexistent
                   = no such folder
                   = fix: mkdir -p /nonexistent/tenants.d
                """
        )
    }

    @Test("a diagnostic survives JSON")
    func json() throws {
        let folder = try TemporaryFolder()
        try folder.write("tenants.d/a.toml", "[tenant]\nname = 5\n")
        let diagnostics = try Loader(directories: [folder.path]).load().diagnostics
        let text = try JSONCoding.text(diagnostics)
        #expect(text.contains("\"source_line\":\"name = 5\""))
        #expect(try JSONCoding.decode([Diagnostic].self, from: text.utf8) == diagnostics)
    }

    @Test(
        "hostile files are refused, quickly and in few words",
        .timeLimit(.minutes(1)),
        arguments: [
            (String(repeating: "[", count: 10_000_000), "larger than 1048576 bytes"),
            (String(repeating: "[", count: 1_000_000), "expected bare key"),
            ("a=" + String(repeating: "[", count: 1_000_000), "maximum nested value depth"),
            (String(repeating: "a.", count: 500_000) + "a = 1", "nested too deep"),
            (String(repeating: "\"a\" . ", count: 100) + "a = 1", "nested too deep"),
            (
                "a=" + String(repeating: "{a=", count: 60) + "1"
                    + String(repeating: "}", count: 60), "nested too deep"
            ),
            ("[" + String(repeating: "a.", count: 500_000) + "a]", "nested too deep"),
            (String(repeating: "\0", count: 1000), "saw"),
            ("a = \"" + String(repeating: "x", count: 1_000_000), "end-of-file"),
            (String(repeating: "a\n", count: 500_000), "expected '='"),
            ("\u{FEFF}\u{FEFF}", "saw"),
            ("x = 57\"ä\"\"\"", "expected digit"),
            ("[\u{1680}]", "saw"),
        ]
    )
    func hostile(text: String, word: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("clvd.toml", text)
        let error = #expect(throws: ConfigurationError.self) {
            try Loader(directories: [folder.path]).load()
        }
        let message = error?.diagnostics.text ?? ""
        #expect(message.contains(word), "\(message)")
        #expect(message.utf8.count < 1000)
        #expect(error?.diagnostics.count == 1)
    }

    @Test("very many errors are told all at once, without delay", .timeLimit(.minutes(1)))
    func manyErrors() throws {
        let folder = try TemporaryFolder()
        let lines = (0..<20_000).map { "colour\($0) = 1" }
        try folder.write("clvd.toml", lines.joined(separator: "\n"))
        let error = #expect(throws: ConfigurationError.self) {
            try Loader(directories: [folder.path]).load()
        }
        #expect(error?.diagnostics.count == 20_000)
        #expect(error?.diagnostics.last?.line == 20_000)
    }

    @Test("a named pipe is not waited for", .timeLimit(.minutes(1)))
    func pipe() throws {
        let folder = try TemporaryFolder()
        let made = unsafe mkfifo("\(folder.path)/clvd.toml", 0o644)
        #expect(made == 0)
        let error = #expect(throws: ConfigurationError.self) {
            try Loader(directories: [folder.path]).load()
        }
        #expect(error?.diagnostics.first?.hint == "not a file")
    }

    @Test("random damage to a good file never ends the process and always has a place")
    func damage() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(state: seed)
        let good = Array(tenantFile("acme").utf8)
        let alphabet = Array("[]{}=.,\"'#\n\\ü\0a1 ".utf8)
        let folder = try TemporaryFolder()
        let loader = Loader(directories: [folder.path])
        for _ in 0..<300 {
            var bytes = good
            for _ in 0...Int.random(in: 0...3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                bytes[at] = alphabet.randomElement(using: &random) ?? 0
            }
            try folder.write("tenants.d/acme.toml", bytes)
            let loaded = try loader.load()
            #expect(loaded.settings.tenants.count + loaded.degradedTenants.count == 1)
            for diagnostic in loaded.diagnostics {
                let isPlaced = diagnostic.line != nil || diagnostic.code == .missingKey
                #expect(isPlaced && diagnostic.fix != nil, "seed \(seed): \(diagnostic)")
            }
        }
    }
}

/// SplitMix64: the same numbers for the same seed.
private struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
