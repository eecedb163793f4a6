import Domain
import FileSystem
import ModelStore
import TestSupport
import Testing

@Suite struct ModelStoreTests {
    private let temporary: TemporaryFolder
    private var root: String { temporary.path }
    private var store: ModelStore { ModelStore(root: root + "/models") }

    init() throws { temporary = try TemporaryFolder() }

    private func draft(fittedOn: String = "2026-11-20") throws -> Manifest {
        Manifest(
            programVersion: "1",
            tenant: "acme",
            job: "monthly",
            fittedOn: try #require(Day(fittedOn)),
            timePeriod: try #require(TimePeriod("month")),
            asOf: try #require(Day("2026-11-19")),
            firstPurchaseOn: nil,
            newestPurchaseOn: nil,
            customers: 3,
            purchases: 7,
            settingsHash: "h",
            seed: 1,
            metrics: ["a": 0.5],
            verdict: "accepted"
        )
    }

    private func saved(_ text: String) throws -> String {
        let version = try store.save(try draft(), models: ["bg_nbd": Array(text.utf8)])
        try store.promote(tenant: "acme", job: "monthly", version: version.manifest.version)
        return version.manifest.version
    }

    @Test("SHA-256 gives the published digests")
    func digests() {
        #expect(
            SHA256.hexadecimal(Array("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        #expect(
            SHA256.hexadecimal([])
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )
    }

    @Test("a version comes back as it was stored, under the name users know")
    func roundTrip() throws {
        let version = try saved("{}")
        #expect(version == "v000001")
        let file = "\(root)/models/acme/monthly/v000001/trained_bg_nbd_model_20261120_month.json"
        #expect(FileSystem.exists(file))
        let loaded = try store.loadChampion(tenant: "acme", job: "monthly")
        #expect(loaded.version?.models["bg_nbd"] == Array("{}".utf8))
        #expect(loaded.version?.manifest.metrics == ["a": 0.5])
        #expect(loaded.damaged.isEmpty)
    }

    @Test("what belongs to the models is stored and checked with them, and may be absent")
    func documents() throws {
        let bytes = Array("{}".utf8)
        let version = try store.save(
            try draft(),
            models: ["bg_nbd": bytes],
            documents: ["segmentation": [1, 2]]
        )
        #expect(version.documents == ["segmentation": [1, 2]] && version.models.count == 1)
        #expect(try store.save(try draft(), models: ["bg_nbd": bytes]).documents.isEmpty)
        try FileSystem.replace(
            "\(store.root)/acme/monthly/v000001/segmentation.json",
            with: [1, 3]
        )
        #expect(throws: StoreProblem.self) {
            try store.load(tenant: "acme", job: "monthly", version: "v000001")
        }
    }

    @Test("an empty store has no champion and makes no folder")
    func empty() throws {
        #expect(try store.loadChampion(tenant: "acme", job: "monthly").version == nil)
        #expect(!FileSystem.exists(store.root))
    }

    @Test("a damaged champion goes to quarantine and the version before it is used")
    func damage() throws {
        let first = try saved("one")
        let second = try saved("two")
        let folder = "\(store.root)/acme/monthly"
        try FileSystem.replace(
            "\(folder)/\(second)/trained_bg_nbd_model_20261120_month.json",
            with: [1]
        )
        let loaded = try store.loadChampion(tenant: "acme", job: "monthly")
        #expect(loaded.version?.manifest.version == first)
        #expect(loaded.damaged.first?.message == "version v000002 of acme/monthly is damaged")
        #expect(FileSystem.exists("\(folder)/quarantine/v000002"))
        #expect(try store.championName(tenant: "acme", job: "monthly") == first)
        #expect(try saved("three") == "v000003")
    }

    @Test("whatever byte of a version is lost, it is found damaged", arguments: [true, false])
    func everyByte(manifest: Bool) throws {
        let version = try saved(#"{"r":1}"#)
        let folder = "\(store.root)/acme/monthly/\(version)"
        let file =
            "\(folder)/" + (manifest ? "manifest.json" : "trained_bg_nbd_model_20261120_month.json")
        let whole = try FileSystem.read(file)
        for length in 0..<whole.count {
            try FileSystem.replace(file, with: Array(whole[..<length]))
            #expect(throws: StoreProblem.self, "cut to \(length) bytes") {
                try store.load(tenant: "acme", job: "monthly", version: version)
            }
        }
    }

    @Test("a version that is not promoted is not used")
    func notPromoted() throws {
        let first = try saved("one")
        _ = try store.save(try draft(), models: ["bg_nbd": [2]])
        let loaded = try store.loadChampion(tenant: "acme", job: "monthly")
        #expect(loaded.version?.manifest.version == first)
    }

    @Test("what a killed run left half written is removed by the next one")
    func leftovers() throws {
        _ = try saved("{}")
        let folder = root + "/models/acme/monthly"
        try FileSystem.makeFolders(folder + "/.v000002.77.tmp")
        try FileSystem.replace(folder + "/.v000002.77.tmp/manifest.json", with: [])
        try FileSystem.replace(folder + "/champion.77.tmp", with: [])
        _ = try store.loadChampion(tenant: "acme", job: "monthly")
        #expect(try FileSystem.names(in: folder) == ["champion", "v000001"])
    }

    @Test("names that leave the store are refused", arguments: ["../x", "", ".hidden", "a/b"])
    func escape(name: String) {
        #expect(throws: StoreProblem.self) { try store.folder(tenant: name, job: "monthly") }
    }
}
