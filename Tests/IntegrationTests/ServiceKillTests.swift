import ControlAPI
import Domain
import Glibc
import Scheduling
import StateDatabase
import Subprocess
import TestSupport
import Testing
import WorkerContract

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct ServiceKillTests {
    @Test("a killed clvd takes its worker along, and the run goes on under its id after a restart")
    func scoring() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            let reader = ForecastReader(site.database)
            let reading = reader.start()
            try site.start()
            try site.succeed(asOf: "2025-05-31")
            let id = try site.run()
            try site.reach(.score, of: id)
            try site.killServiceAndAwaitWorker()
            try site.start()
            let run = try site.wait(for: .succeeded, of: id)
            #expect(run.attempt == 1, "what cuts a run off is no failure of the run")
            reader.stop()
            try reading.value()
            try site.expectAllInOrder(readBy: reader)
            try site.end(by: SIGTERM)
            let state = try StateDatabase(directory: site.state)
            #expect(try state.run(id: id)?.run.interruptions == 1)
        }
    }

    @Test("a clvd killed when all is written leaves the old forecast, and publishes once after all")
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
            try site.killServiceAndAwaitWorker()
            gate.open()
            #expect(try site.published() == ["2025-05-31"])
            try site.start()
            _ = try site.wait(for: .succeeded, of: id)
            reader.stop()
            try reading.value()
            try site.expectAllInOrder(readBy: reader)
        }
    }

    @Test("a due run that was missed starts once, and publishes once however often clvd is killed")
    func due() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            try site.start()
            try site.end(by: SIGTERM)
            // As if the machine had been off when the run was due.
            let due = try site.makeDue()
            for stage in [Stage.ingest, .train] {
                try site.start()
                let id = try site.onlyRun()
                try site.reach(stage, of: id)
                try site.killServiceAndAwaitWorker()
            }
            try site.start()
            let run = try site.wait(for: .succeeded, of: site.onlyRun())
            #expect(run.dueAt == due)
            try site.expectAllInOrder()
        }
    }

    @Test("SIGTERM ends clvd within seconds, and the run it cut off goes on at the next start")
    func stopping() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            try site.start()
            try site.succeed(asOf: "2025-05-31")
            let id = try site.run(retrain: true)
            try site.reach(.train, of: id)
            let worker = site.worker
            #expect(try site.end(by: SIGTERM) == .exited(0))
            #expect(worker.map(Processes.isAlive) != true)
            let statuses = try site.query("SELECT status FROM clv.runs WHERE run_id = '\(id)'")
            #expect(statuses == [["cancelled"]], "no row says that it is running")
            #expect(try site.published() == ["2025-05-31"])
            try site.start()
            #expect(try site.wait(for: .succeeded, of: id).attempt == 1)
            try site.expectAllInOrder()
        }
    }

    @Test("a second clvd on one state directory is refused with the first one's number")
    func second() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            try site.start()
            let other = try site.startAnother()
            #expect(other.code == EX_CONFIG)
            #expect(other.text.contains("\(site.pid)"), "\(other.text)")
            #expect(site.answers)
        }
    }
}
