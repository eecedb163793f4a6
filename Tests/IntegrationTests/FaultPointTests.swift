import ControlAPI
import FileSystem
import Glibc
import TestSupport
import Testing

private let isLongTier = unsafe getenv("CLVD_LONG_TESTS") != nil

/// Every write, rename and commit of a run is struck in turn: all of them in the long tier.
@Suite(hasPostgres, .timeLimit(.minutes(30))) struct FaultPointTests {
    /// What the worker of a first run passes, each point with its number.
    private func passes() throws -> [String] {
        let site = try Site(Shop.copy())
        let log = site.folder.path + "/faults"
        try site.start(before: "export CLVD_FAULT_LOG=\(log)")
        try site.succeed(asOf: "2025-06-30")
        try site.end(by: SIGTERM)
        let text = String(decoding: try FileSystem.read(log), as: UTF8.self)
        return text.split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("file.") || $0.hasPrefix("database.")
        }
    }

    @Test("whatever goes wrong at a write, a rename or a commit, the run ends well, and once")
    func strikes() async throws {
        try await apart {
            let passes = try passes()
            #expect(passes.count >= 10, "\(passes)")
            let actions = isLongTier ? ["kill", "ENOSPC", "EIO"] : ["kill"]
            let chosen = isLongTier ? passes : ["file.renamed:2", "database.committed:2"]
            #expect(Set(chosen).isSubset(of: passes), "\(passes)")
            for action in actions {
                for pass in chosen {
                    let site = try Site(Shop.copy())
                    try site.start(before: "export CLVD_FAULT=\(pass):\(action)")
                    let id = try site.run()
                    _ = try site.wait(for: .succeeded, of: id)
                    #expect(try site.published() == ["2025-06-30"], "\(pass):\(action)")
                    try site.expectAllInOrder()
                    try site.end(by: SIGTERM)
                }
            }
        }
    }
}
