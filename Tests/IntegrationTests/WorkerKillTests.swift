import ControlAPI
import Domain
import Glibc
import TestSupport
import Testing
import WorkerContract

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct WorkerKillTests {
    @Test("a run whose worker is killed while it trains is tried again by itself and succeeds")
    func training() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            let reader = ForecastReader(site.database)
            let reading = reader.start()
            try site.start()
            try site.succeed(asOf: "2025-05-31")
            let id = try site.run(retrain: true)
            try site.reach(.train, of: id)
            try site.killWorker()
            let waiting = try site.wait(for: .queued, of: id)
            #expect(waiting.error?.code == "worker_killed" && waiting.retryAt != nil)
            let run = try site.wait(for: .succeeded, of: id)
            #expect(run.attempt == 2)
            reader.stop()
            try reading.value()
            #expect(reader.answers.count == 2)
            try site.expectAllInOrder(readBy: reader)
        }
    }

    @Test("a worker killed when all is written leaves the old forecast, and the retry publishes")
    func publishing() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            let reader = ForecastReader(site.database)
            let reading = reader.start()
            try site.start()
            try site.succeed(asOf: "2025-05-31")
            let gate = try Gate(.publication, site.database)
            let id = try site.run()
            try gate.waitForWorker { site.logTail }
            try site.killWorker()
            gate.open()
            _ = try site.wait(for: .queued, of: id)
            #expect(try site.published() == ["2025-05-31"])
            // A person does not wait for the next attempt.
            #expect(try site.run() == id)
            _ = try site.wait(for: .succeeded, of: id)
            #expect(try site.published() == ["2025-06-30"])
            reader.stop()
            try reading.value()
            try site.expectAllInOrder(readBy: reader)
        }
    }

    @Test("a worker killed behind its publication leaves a run that has succeeded, once")
    func published() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            try site.write(site.tenant, site.tenantText(kept: 1))
            try site.start()
            try site.succeed(asOf: "2025-05-31")
            let gate = try Gate(.removal, site.database)
            let id = try site.run(retrain: true)
            try gate.waitForWorker { site.logTail }
            #expect(try site.published() == ["2025-06-30"])
            try site.killWorker()
            gate.open()
            _ = try site.wait(for: .queued, of: id)
            let before = try site.query("SELECT * FROM clv.runs WHERE run_id = '\(id)'")
            #expect(try site.run() == id)
            let run = try site.wait(for: .succeeded, of: id)
            #expect(run.publicationID == "2" && run.asOf == Day("2025-06-30"))
            #expect(Set(run.totals.map(\.horizonDays)) == [30, 365])
            #expect(run.data?.customers ?? 0 > 0)
            // Neither the run's row nor the model is made a second time.
            #expect(try site.query("SELECT * FROM clv.runs WHERE run_id = '\(id)'") == before)
            #expect(run.models.allSatisfy { $0.version == "v000002" } && run.models.count == 2)
            try site.expectAllInOrder()
        }
    }
}
