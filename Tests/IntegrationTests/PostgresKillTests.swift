import ControlAPI
import Domain
import TestSupport
import Testing
import WorkerContract

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct PostgresKillTests {
    @Test("a run whose server is killed is tried again, later and later, until the server is back")
    func killed() async throws {
        try await apart {
            let cluster = try PrivateCluster()
            let database = try TestDatabase(in: cluster)
            try Shop.small.get().load(into: database)
            let site = try Site(database)
            let reader = ForecastReader(site.database)
            let reading = reader.start()
            try site.start()
            try site.succeed(asOf: "2025-04-30")

            let reads = try site.run(asOf: "2025-05-31")
            try site.reach(.ingest, of: reads)
            try cluster.kill()
            let first = try site.wait(for: .queued, of: reads)
            // The server dies while the worker reads, or just before it connects for that.
            #expect(["connection_lost", "server_unreachable"].contains(first.error?.code))
            let second = try site.waitForAttempt(3, of: reads)
            #expect(second.error?.code == "server_unreachable")
            try cluster.start()
            #expect(try site.wait(for: .succeeded, of: reads).attempt == 3)

            let gate = try Gate(.publication, database)
            let publishes = try site.run()
            try gate.waitForWorker { site.logTail }
            try cluster.kill()
            _ = try site.wait(for: .queued, of: publishes)
            try cluster.start()
            #expect(try site.published() == ["2025-05-31"])
            // Asking hurries the next attempt, unless it has begun by itself.
            _ = try? site.run()
            _ = try site.wait(for: .succeeded, of: publishes)
            reader.stop()
            try reading.value()
            try site.expectAllInOrder(readBy: reader)
        }
    }
}
