import Configuration
import Domain
import Glibc
import Testing

@Suite struct ReferenceTests {
    private static let root = String(
        #filePath.dropLast("Tests/ConfigurationTests/ReferenceTests.swift".count)
    )

    /// After a change: `CLVD_WRITE_REFERENCE=1 swift test --filter ReferenceTests`.
    @Test(
        "the files in etc and their manual are those that the declarations generate",
        arguments: [
            ("etc/clvd/clvd.toml", ReferenceFiles.service),
            ("etc/clvd/tenants.d/example.toml.disabled", ReferenceFiles.tenant),
            ("deploy/man/clvd.toml.5", ReferencePages.service),
            ("deploy/man/clvd-tenant.5", ReferencePages.tenant),
        ]
    )
    func checkedIn(name: String, text: String) throws {
        let path = "\(ReferenceTests.root)\(name)"
        let isAskedFor = unsafe getenv("CLVD_WRITE_REFERENCE") != nil
        if isAskedFor { try write(path, Array(text.utf8)) }
        #expect(String(decoding: try contents(path), as: UTF8.self) == text)
    }

    @Test("the files load as they are, and the example's copy is a tenant")
    func load() throws {
        let folder = try TemporaryFolder()
        try folder.write("clvd.toml", ReferenceFiles.service)
        try folder.write("tenants.d/example.toml.disabled", ReferenceFiles.tenant)
        let loader = Loader(directories: [folder.path])
        let installed = try loader.loadStrictly().settings
        #expect(installed.tenants.isEmpty)
        #expect(installed.service == ServiceSettings())
        try folder.write("tenants.d/acme.toml", ReferenceFiles.tenant)
        let tenant = try #require(try loader.loadStrictly().settings.tenants.first)
        #expect(tenant.name == "acme")
        #expect(tenant.jobs.map(\.horizons) == [[tenant.jobs[0].timePeriod]])
    }

    @Test("the documented defaults are the ones in force")
    func defaults() throws {
        let folder = try TemporaryFolder()
        let loader = Loader(directories: [folder.path])
        let workers = given(SettingTables.workers)
        let service = given(SettingTables.service)
        try folder.write("clvd.toml", "\(service)\n[workers]\n\(workers)\n")
        let job = "[[jobs]]\nname = \"monthly\"\ntime_period = \"month\"\n"
        let plain = tenantFile("plain")
        try folder.write("tenants.d/plain.toml", plain)
        let full = tenantFile("full")
            .replacing("[source]\n", with: "[source]\n\(given(SettingTables.source))\n")
            .replacing(
                job,
                with: "[destination]\n\(given(SettingTables.destination))\n"
                    + "\(job)\(given(SettingTables.job))\n"
            )
        try folder.write("tenants.d/full.toml", full)
        let settings = try loader.loadStrictly().settings
        #expect(settings.service == ServiceSettings())
        #expect(settings.tenants[0].jobs == settings.tenants[1].jobs)
        #expect(settings.tenants[0].source == settings.tenants[1].source)
        #expect(settings.tenants[0].destination == settings.tenants[1].destination)
    }

    /// The keys of a table that have a default, with it.
    private func given(_ table: SettingTable) -> String {
        table.keys.compactMap { key in
            guard case .value(let text) = key.whenAbsent else { return nil }
            return "\(key.name) = \(text)"
        }
        .joined(separator: "\n")
    }

    @Test("every key has a sentence and an example or a table of its own")
    func documented() {
        let tables = [
            SettingTables.workers, SettingTables.tenant, SettingTables.source,
            SettingTables.connector, SettingTables.destination, SettingTables.job,
        ]
        for key in tables.flatMap(\.keys) {
            #expect(key.documentation.hasSuffix("."), "\(key.name)")
            #expect(!key.example.isEmpty, "\(key.name)")
        }
    }

    @Test("a model's fingerprint changes with what it depends on, and with nothing else")
    func fingerprint() throws {
        let folder = try TemporaryFolder()
        func fingerprint(_ change: (String) -> String) throws -> String {
            try folder.write("tenants.d/a.toml", change(tenantFile("acme")))
            let loaded = try Loader(directories: [folder.path]).loadStrictly()
            let tenant = try #require(loaded.settings.tenants.first)
            return RunSettings(tenant: tenant, job: tenant.jobs[0]).modelFingerprint
        }
        let plain = try fingerprint { $0 }
        #expect(plain.hasPrefix("clvd.model_fingerprint/1\ntime_zone 3:UTC\ndb 4:shop\nquery 8:"))
        for same in [
            "schedule = \"daily\"", "max_model_age = \"year\"", "keep_publications = 9",
            "horizons = [\"month\"]", "job = \"train\"", "segments = \"grid\"",
            "clv_levels = [1, 2, 3]",
        ] {
            #expect(try fingerprint { $0 + same } == plain, "\(same)")
        }
        for other in [
            "horizons = [\"year\"]", "models = [\"bg_nbd\"]", "gross_margin = 0.5",
            "order_count = 3", "annual_discount_rate = 0.1", "priors = \"none\"",
        ] {
            #expect(try fingerprint { $0 + other } != plain, "\(other)")
        }
        for (from, to) in [
            ("select 1", "select 2"), ("\"user_id\"", "\"user\""), ("\"days\"", "\"day\""),
            ("\"UTC\"", "\"Europe/Berlin\""), ("\"shop\"", "\"shop2\""), ("\"month\"", "\"week\""),
        ] {
            #expect(try fingerprint { $0.replacing(from, with: to) } != plain, "\(from)")
        }
    }
}
