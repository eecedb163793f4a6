import ControlAPI
import Domain
import Glibc
import TestSupport
import Testing
import WorkerContract

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct WorkerKillTests {
    @Test("a run whose worker is killed while it trains is tried again and succeeds")
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
            // A person does not wait the minutes for the next attempt.
            #expect(try site.run() == id)
            let run = try site.wait(for: .succeeded, of: id)
            #expect(run.attempt == 2)
            reader.stop()
            try reading.value()
            #expect(reader.answers.count == 2)
            try site.expectAllInOrder(readBy: reader)
        }
    }

    @Test(
        "a query ends on the server with the worker that was killed, also when that was deaf",
        arguments: [false, true]
    )
    func query(isDeaf: Bool) async throws {
        try await apart {
            let site = try Site(Shop.copy())
            try site.write(site.settings, "[workers]\nstop_timeout = 1\n")
            let slow = site.tenantText().replacing(
                "from purchases\"",
                with: "from purchases where pg_sleep(600) is not null\""
            )
            try site.write(site.tenant, slow)
            try site.start()
            let id = try site.run()
            let query = try site.sleepingQuery()
            if isDeaf, let worker = site.worker {
                // What stands still does not hear SIGTERM, and does not cancel its query.
                Glibc.kill(worker, SIGSTOP)
            } else {
                try site.killWorker()
                _ = try site.wait(for: .queued, of: id)
            }
            #expect(try site.clvctl(["cancel", id]).code == 0)
            let run = try site.wait(for: .cancelled, of: id, seconds: 20)
            #expect(run.error?.message == "uid \(getuid()) cancelled the run")
            #expect(run.error?.cause == "the worker was ended by signal KILL")
            try waitFor("the end of query \(query)", seconds: 10, context: { site.logTail }) {
                let found = try site.query("SELECT 1 FROM pg_stat_activity WHERE pid = \(query)")
                return found.isEmpty ? true : nil
            }
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

extension Site {
    /// The server process that runs the query of a worker.
    func sleepingQuery() throws -> String {
        try waitFor("a query of a worker", context: { self.logTail }) {
            try query(
                """
                SELECT pid FROM pg_stat_activity WHERE datname = current_database()
                    AND wait_event = 'PgSleep' AND application_name LIKE 'clvd:acme/monthly#%'
                """
            ).first?[0]
        }
    }
}
