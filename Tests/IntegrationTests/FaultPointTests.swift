import ControlAPI
import FileSystem
import Glibc
import TestSupport
import Testing

private let isLongTier = unsafe getenv("CLVD_LONG_TESTS") != nil

/// Every write, rename and commit of a run is struck in turn: all of them in the long tier.
@Suite(hasPostgres, .timeLimit(.minutes(30))) struct FaultPointTests {
    /// So few customers are read, fitted and published in no time.
    private static let template = Result {
        let database = try TestDatabase(in: Shop.cluster.get())
        try Shop(customers: 300).load(into: database)
        return database.name
    }

    private func site() throws -> Site {
        try Site(TestDatabase(in: Shop.cluster.get(), copying: Self.template.get()))
    }

    /// What the worker of a first run passes, each point with its number.
    private func passes() throws -> [String] {
        let site = try site()
        let log = site.folder.path + "/faults"
        try site.start(before: "export CLVD_FAULT_LOG=\(log)")
        try site.succeed(asOf: "2025-06-30")
        try site.end(by: SIGTERM)
        let text = String(decoding: try FileSystem.read(log), as: UTF8.self)
        return text.split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("file.") || $0.hasPrefix("database.")
        }
    }

    /// Strikes the first attempt of a run, and sees the run to its end.
    private func strike(_ fault: String) throws {
        let site = try site()
        try site.start(before: "export CLVD_FAULT=\(fault)")
        let id = try site.run()
        try waitFor("the end of \(id), struck by \(fault)", context: { site.logTail }) {
            let run = try site.run(id)
            // Nobody here waits for the next attempt.
            if run.state == .queued, run.retryAt != nil { _ = try? site.run() }
            return run.state.isOver ? true : nil
        }
        #expect(try site.run(id).state == .succeeded, "\(fault)\n\(site.logTail)")
        #expect(try site.published() == ["2025-06-30"], "\(fault)")
        try site.expectAllInOrder()
        try site.end(by: SIGTERM)
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
                for pass in chosen { try strike("\(pass):\(action)") }
            }
            // A process that aborts leaves behind what a killed one does: once at each point.
            let first = passes.filter { $0.hasSuffix(":1") }
            #expect(first.count == 6, "\(first)")
            for pass in isLongTier ? first : ["file.write:1", "database.commit:1"] {
                try strike("\(pass):abort")
            }
            for pass in isLongTier ? first : ["file.sync:1"] { try strike("\(pass):slow") }
            if isLongTier { print("struck: \(passes.count) points, \(actions.count) times each") }
        }
    }
}
