import ControlAPI
import FileSystem
import Glibc
import ModelStore
import TestSupport
import Testing
import WorkerContract

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct DamageTests {
    /// Writes over a byte of a model file of the version in use.
    private func damage(_ store: ModelStore) throws -> String {
        let version = try #require(try store.championName(tenant: "acme", job: "monthly"))
        let manifest = try store.manifest(tenant: "acme", job: "monthly", version: version)
        let name = manifest.fileName(model: "bg_nbd")
        let file = unsafe open("\(store.root)/acme/monthly/\(version)/\(name)", O_WRONLY)
        defer { close(file) }
        #expect(unsafe pwrite(file, "X", 1, 0) == 1)
        return name
    }

    private func newestCheck(_ site: Site) throws -> ChecksAnswer.Check? {
        try site.ask(ChecksAnswer.self, ["checks", Site.job]).checks.first
    }

    @Test(
        "a damaged model file makes the next check retrain, once, and the one after finds nothing"
    )
    func damage() async throws {
        try await apart {
            let database = try TestDatabase(in: Shop.cluster.get())
            try Shop(customers: 300).load(into: database)
            let site = try Site(database)
            // By the day of a due run the sample's shop has long been silent.
            try site.write(site.tenant, site.tenantText() + "max_total_shift = 1000.0\n")
            let store = ModelStore(root: site.models)
            try site.start()
            try site.succeed()
            // The version before the damaged one is young enough to forecast with.
            try site.succeed(retrain: true)
            try site.end(by: SIGTERM)
            let name = try damage(store)
            _ = try site.makeDue()
            try site.start()
            let id = try site.dueRun(of: 3)
            let run = try site.wait(for: .succeeded, of: id)
            #expect(run.reasons.prefix(2) == ["store", "new_model"], "\(run.reasons)")
            #expect(run.models.allSatisfy { $0.trained }, "\(run.models)")
            let versions = try store.versionNames(tenant: "acme", job: "monthly")
            #expect(versions == ["v000001", "v000003"])
            let aside = "\(store.root)/acme/monthly/quarantine/v000002/\(name)"
            #expect(FileSystem.exists(aside))
            #expect(try newestCheck(site)?.reasons.first == "store")

            try site.end(by: SIGTERM)
            _ = try site.makeDue()
            try site.start()
            try waitFor("a check that finds nothing", context: { site.logTail }) {
                try newestCheck(site)?.verdict == "fresh" ? true : nil
            }
            #expect(try site.runs().count == 3)
            let why = try site.ask(WhyAnswer.self, ["why", Site.job])
            #expect(
                why.terms.first { $0.name == "store" }?.sentence
                    == "the stored version's files match their checksums"
            )
            try site.expectAllInOrder()
        }
    }
}
