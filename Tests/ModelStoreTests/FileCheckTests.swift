import Domain
import FileSystem
import Glibc
import ModelStore
import TestSupport
import Testing

/// What is remembered of the files that were read.
@Suite struct FileCheckTests {
    private let temporary: TemporaryFolder
    private var store: ModelStore { ModelStore(root: temporary.path + "/models") }
    private let checks = FileChecks()

    init() throws { temporary = try TemporaryFolder() }

    private func saved(_ bytes: [UInt8]) throws -> Manifest {
        let draft = Manifest(
            programVersion: "1",
            tenant: "acme",
            job: "monthly",
            fittedOn: try #require(Day("2026-11-20")),
            timePeriod: try #require(TimePeriod("month")),
            asOf: try #require(Day("2026-11-19")),
            firstPurchaseOn: nil,
            newestPurchaseOn: nil,
            customers: 3,
            purchases: 7,
            settingsHash: "h",
            seed: 1,
            metrics: [:],
            verdict: "accepted"
        )
        return try store.save(draft, models: ["bg_nbd": bytes], documents: ["order": [1, 2]])
            .manifest
    }

    private func file(_ manifest: Manifest) -> String {
        "\(store.root)/acme/monthly/\(manifest.version)/\(manifest.fileName(model: "bg_nbd"))"
    }

    private func found(_ manifest: Manifest, reading: Bool = true) throws -> FileChecks.Finding {
        try checks.finding(of: manifest, in: store, reading: reading)
    }

    /// Writes over a byte in place: name, inode and length stay.
    private func damage(_ path: String) {
        let file = unsafe open(path, O_WRONLY | O_CLOEXEC)
        defer { close(file) }
        #expect(unsafe pwrite(file, "X", 1, 0) == 1)
    }

    @Test("files are read once, and again only when one of them changed")
    func once() throws {
        let manifest = try saved(Array("{}".utf8))
        #expect(try found(manifest, reading: false) == .unread)
        #expect(checks.readings == 0)
        #expect(try found(manifest) == .matching)
        for _ in 0..<3 {
            #expect(try found(manifest, reading: false) == .matching)
            #expect(try found(manifest) == .matching)
        }
        #expect(checks.readings == 1)
        #expect(unsafe utimes(file(manifest), nil) == 0)
        #expect(try found(manifest, reading: false) == .unread, "touched")
        #expect(try found(manifest) == .matching)
        #expect(checks.readings == 2)
    }

    @Test("a byte that was written over is found, and told without another look")
    func damage() throws {
        let manifest = try saved(Array("{}".utf8))
        #expect(try found(manifest) == .matching)
        damage(file(manifest))
        let cause = "\"\(manifest.fileName(model: "bg_nbd"))\" fails its checksum"
        #expect(try found(manifest) == .damaged(cause: cause))
        #expect(try found(manifest, reading: false) == .damaged(cause: cause))
        #expect(checks.readings == 2)
        // The next version is another one.
        let next = try saved(Array("{}".utf8))
        #expect(try found(next, reading: false) == .unread)
        #expect(try found(next) == .matching)
    }

    @Test("a file that is gone is damage; a job that is gone is forgotten")
    func missing() throws {
        let manifest = try saved(Array("{}".utf8))
        #expect(try found(manifest) == .matching)
        checks.forget(tenant: "acme", job: "monthly", in: store)
        #expect(try found(manifest, reading: false) == .unread)
        try FileSystem.remove("\(store.root)/acme/monthly/\(manifest.version)/order.json")
        #expect(try found(manifest) == .damaged(cause: "\"order.json\" is missing"))
    }

    @Test("more than a megabyte is left to the runs, however it looks")
    func large() throws {
        let bytes = [UInt8](repeating: 7, count: FileChecks.mostBytes - 2)
        #expect(try found(try saved(bytes)) == .matching)
        let manifest = try saved(bytes + [1])
        damage(file(manifest))
        #expect(try found(manifest) == .large(bytes: FileChecks.mostBytes + 1))
        #expect(checks.readings == 1)
    }
}
