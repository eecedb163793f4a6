import ControlAPI
import Domain
import FileSystem
import Glibc
import Postgres
import TestSupport
import Testing
import WorkerContract

private let isLongTier = unsafe getenv("CLVD_LONG_TESTS") != nil
private let longTier = ConditionTrait.enabled(
    if: isLongTier,
    "the long tier is chosen by CLVD_LONG_TESTS=1"
)
/// In the long tier everything happens five times.
private let rounds = 0..<(isLongTier ? 5 : 1)

/// What a database does to a service that goes on running: nothing is lost and nothing doubled.
@Suite(hasPostgres, .timeLimit(.minutes(30))) struct DatabaseChaosTests {
    /// A site whose first forecast is published, and somebody who reads it all the time.
    private struct Scene {
        let site: Site
        let reader: ForecastReader
        private let reading: InThread<Void>
        private var days = 0

        init(_ site: Site) throws {
            self.site = site
            reader = ForecastReader(site.database)
            reading = reader.start()
            try site.start()
            try site.succeed(asOf: "2024-12-31")
        }

        /// An as-of day that nothing was published for yet.
        mutating func nextDay() -> String {
            days += 1
            return "\((Day("2024-12-31") ?? Day(number: 0)) + days)"
        }

        func endReading() throws {
            reader.stop()
            try reading.value()
            #expect(reader.gaps == 0)
        }

        func close() throws {
            try endReading()
            try site.expectAllInOrder(readBy: reader)
        }
    }

    @Test("a run whose sessions are terminated is tried again and publishes once")
    func terminated() async throws {
        try await apart {
            var scene = try Scene(Site(Shop.copy()))
            for _ in rounds {
                let day = scene.nextDay()
                let gate = try Gate(.publication, scene.site.database)
                let id = try scene.site.run(asOf: day)
                try gate.waitForWorker { scene.site.logTail }
                try scene.site.terminateSessions()
                gate.open()
                let waiting = try scene.site.waitForAttempt(2, of: id)
                #expect(["connection_lost", "server_shutting_down"].contains(waiting.error?.code))
                try scene.site.hurry(id, asOf: day)
                #expect(try scene.site.published() == [day])
            }
            try scene.close()
        }
    }

    @Test("a run that finds every connection taken waits until one is free", longTier)
    func noConnections() async throws {
        try await apart {
            let cluster = try PrivateCluster()
            defer { withExtendedLifetime(cluster) {} }
            let database = try TestDatabase(in: cluster)
            try Shop.small.get().load(into: database)
            var scene = try Scene(Site(database))
            for _ in rounds {
                let day = scene.nextDay()
                var taken: [Connection] = []
                while let connection = try? database.connect() { taken.append(connection) }
                let id = try scene.site.run(asOf: day)
                let waiting = try scene.site.waitForAttempt(2, of: id)
                #expect(waiting.error?.code == "too_many_connections", "\(waiting)")
                taken = []
                try scene.site.hurry(id, asOf: day)
                #expect(try scene.site.published() == [day])
            }
            try scene.close()
        }
    }

    @Test(
        "a run whose tablespace is full leaves the old forecast, and publishes when there is space",
        .enabled(if: geteuid() == 0, "only root can mount a small disk"),
        longTier
    )
    func fullTablespace() async throws {
        try await apart {
            let cluster = try PrivateCluster(smallDisk: "40m")
            defer { withExtendedLifetime(cluster) {} }
            let database = try TestDatabase(in: cluster)
            try Shop.small.get().load(into: database)
            let admin = try Connection(
                cluster.settings(database: "postgres"),
                applicationName: "clvd-tests"
            )
            try admin.execute("CREATE TABLESPACE small LOCATION '\(cluster.smallFolder)'")
            try admin.execute("ALTER DATABASE \(database.name) SET TABLESPACE small")
            var scene = try Scene(Site(database))
            for _ in rounds {
                let day = scene.nextDay()
                try scene.site.fillTablespace()
                let id = try scene.site.run(asOf: day)
                let waiting = try scene.site.waitForAttempt(2, of: id)
                #expect(waiting.error?.code == "disk_full", "\(waiting)")
                _ = try scene.site.query("DROP TABLE ballast")
                try scene.site.hurry(id, asOf: day)
                #expect(try scene.site.published() == [day])
            }
            try scene.close()
        }
    }

    @Test("a worker that was paused beyond its lease publishes nothing, whoever has the lease now")
    func paused() async throws {
        try await apart {
            let database = try Shop.copy()
            var scene = try Scene(Site(database))
            for round in rounds {
                let day = scene.nextDay()
                // It stands behind the moving of the pointer, when its lease ends.
                let gate = try Gate(.publication, database)
                let id = try scene.site.run(asOf: day)
                try gate.waitForWorker { scene.site.logTail }
                try scene.site.whilePaused {
                    gate.open()
                    try scene.site.endLease(byWaiting: round == 4)
                }
                let waiting = try scene.site.waitForAttempt(2, of: id)
                #expect(waiting.error?.code == "lease_lost", "\(waiting)")
                try scene.site.hurry(id, asOf: day)
                #expect(try scene.site.published() == [day])
            }
            try scene.close()
        }
    }

    @Test("a worker that was paused while another service published leaves that forecast", longTier)
    func pausedBetween() async throws {
        try await apart {
            let database = try Shop.copy()
            var scene = try Scene(Site(database))
            let other = try Site(database)
            try other.start()
            for _ in rounds {
                let (day, next) = (scene.nextDay(), scene.nextDay())
                let source = try Gate(.source, database)
                let paused = try scene.site.run(asOf: next)
                try source.waitForWorker { scene.site.logTail }
                var between = ""
                try scene.site.whilePaused {
                    source.open()
                    try scene.site.endLease(byWaiting: false)
                    between = try other.succeed(asOf: day).runID
                }
                #expect(try scene.site.waitForAttempt(2, of: paused).error?.code == "lease_lost")
                #expect(try scene.site.published() == [day])
                try scene.site.hurry(paused, asOf: next)
                let runs = try scene.site.query(
                    "SELECT run_id FROM clv.publications ORDER BY publication_number DESC LIMIT 2"
                )
                #expect(runs == [[paused], [between]])
            }
            try scene.endReading()
            try scene.site.expectEachPublishedOnce(with: other)
        }
    }

    @Test(
        "two services on one database publish each due time once, and each run of a person once",
        longTier
    )
    func twoServices() async throws {
        try await apart {
            for _ in rounds {
                let database = try Shop.copy()
                let sites = try [Site(database), Site(database)]
                for site in sites {
                    // The sample ends long before the day that a due run takes for the last one.
                    try site.write(site.tenant, site.tenantText() + "max_total_shift = 1000\n")
                    try site.start()
                }
                // The first run migrates.
                try sites[0].succeed(asOf: "2024-12-31")
                for site in sites { try site.end(by: SIGTERM) }
                var due: [Instant] = []
                for site in sites { due.append(try site.makeDue()) }
                #expect(due[0] == due[1])
                for site in sites { try site.start() }
                for (site, runs) in zip(sites, [2, 1]) {
                    let id = try site.dueRun(of: runs)
                    try site.finish(id)
                }
                let published = try sites[0].query(
                    "SELECT count(*) FROM clv.publications WHERE due_at IS NOT NULL"
                )
                #expect(published == [["1"]])
                let byHand = try sites.map { try $0.run(asOf: "2025-01-01") }
                for (site, id) in zip(sites, byHand) { try site.hurry(id, asOf: "2025-01-01") }
                try sites[0].expectEachPublishedOnce(with: sites[1])
            }
        }
    }

    @Test("a wrong password that becomes right is noticed by the next run, without a restart")
    func password() async throws {
        try await apart {
            let database = try Shop.copy()
            let role = try database.role(
                "guarded",
                options: "SUPERUSER PASSWORD 'right 1' IN ROLE \(PrivateCluster.passwordGroup)"
            )
            let folder = try TemporaryFolder()
            let file = folder.path + "/password"
            try FileSystem.replace(file, with: Array("right 1\n".utf8), mode: 0o600)
            let connector = """
                connector = { server = "\(database.directory)", db = "\(database.name)", \
                user = "\(role)" }
                password_file = "\(file)"
                """
            var scene = try Scene(Site(database, connector: connector))
            for round in rounds {
                let day = scene.nextDay()
                let password = "right \(round + 2)"
                try database.connect().execute("ALTER ROLE \(role) PASSWORD '\(password)'")
                let refused = try scene.site.wait(for: .failed, of: scene.site.run(asOf: day))
                #expect(refused.error?.code == "wrong_password", "\(refused)")
                try FileSystem.replace(file, with: Array("\(password)\n".utf8), mode: 0o600)
                try scene.site.succeed(asOf: day)
                #expect(try scene.site.published() == [day])
            }
            try scene.close()
            let said = try FileSystem.read(scene.site.log, limit: 64 << 20)
            #expect(!String(decoding: said, as: UTF8.self).contains("right "))
        }
    }

    @Test("a database that is read-only by default is published into all the same", longTier)
    func readOnly() async throws {
        try await apart {
            let database = try Shop.copy()
            let site = try Site(database)
            try site.write(site.tenant, site.tenantText(kept: 1))
            var scene = try Scene(site)
            let admin = try database.connect()
            for _ in rounds {
                let day = scene.nextDay()
                try admin.execute(
                    "ALTER DATABASE \(database.name) SET default_transaction_read_only = on"
                )
                try scene.site.succeed(asOf: day)
                try admin.execute(
                    "ALTER DATABASE \(database.name) RESET default_transaction_read_only"
                )
                #expect(try scene.site.published() == [day])
            }
            try scene.site.succeed(asOf: scene.nextDay())
            let kept = "SELECT count(*) FROM clv.publications WHERE removed_at IS NULL"
            #expect(try scene.site.query(kept) == [["1"]])
            try scene.endReading()
            try scene.site.expectAllInOrder()
        }
    }
}
