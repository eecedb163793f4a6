import ControlAPI
import Domain
import FileSystem
import Glibc
import Postgres
import TestSupport
import Testing
import WorkerContract

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct SecretTests {
    private static let secret = "kalinka-7734"

    @Test("a password is in no file, log, event, table, command line and environment")
    func nowhere() async throws {
        try await apart {
            let database = try Shop.copy()
            let role = try database.role(
                "secretive",
                options: "SUPERUSER PASSWORD '\(SecretTests.secret)' IN ROLE "
                    + PrivateCluster.passwordGroup
            )
            // Beside the site, so that all of the site can be searched.
            let folder = try TemporaryFolder()
            let file = folder.path + "/password"
            try FileSystem.replace(file, with: Array("\(SecretTests.secret)\n".utf8), mode: 0o600)
            let site = try Site(
                database,
                connector: """
                    connector = { server = "\(database.directory)", db = "\(database.name)", \
                    user = "\(role)" }
                    password_file = "\(file)"
                    """
            )
            try site.start()
            let gate = try Gate(.source, database)
            let id = try site.run()
            try gate.waitForWorker { site.logTail }
            for process in [site.pid, try #require(site.worker)] {
                for what in ["cmdline", "environ"] {
                    try expectAbsent(FileSystem.read("/proc/\(process)/\(what)"), what)
                }
            }
            gate.open()
            _ = try site.wait(for: .succeeded, of: id)
            // A password that no longer fits is quoted nowhere either.
            try database.connect().execute("ALTER ROLE \(role) PASSWORD 'another'")
            let refused = try site.wait(for: .failed, of: site.run(asOf: "2025-05-31"))
            #expect(refused.error?.code == "wrong_password")
            for words in [
                ["status"], ["runs"], ["why", Site.job], ["checks", Site.job], ["logs", id],
                ["events"],
            ] {
                try expectAbsent(Array(site.clvctl(words).text.utf8), "clvctl \(words)")
            }
            try site.end(by: SIGTERM)
            for path in try files(in: site.folder.path) {
                try expectAbsent(FileSystem.read(path, limit: 64 << 20), path)
            }
            for table in ["runs", "publications", "models", "rejected_rows", "leases"] {
                let text = try site.query("SELECT t::text FROM clv.\(table) AS t")
                try expectAbsent(Array("\(text)".utf8), table)
            }
        }
    }

    private func expectAbsent(_ bytes: [UInt8], _ place: String) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains(SecretTests.secret), "the password is in \(place)")
    }

    /// Every file below a folder.
    private func files(in folder: String) throws -> [String] {
        let found = try Programs.run("/usr/bin/find", [folder, "-type", "f"])
        let paths = found.text.split(separator: "\n").map(String.init)
        #expect(paths.count > 5)
        return paths
    }
}
