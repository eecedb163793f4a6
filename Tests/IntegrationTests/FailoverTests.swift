import ControlAPI
import Domain
import Glibc
import Postgres
import TestSupport
import Testing
import WorkerContract

private let isLongTier = unsafe getenv("CLVD_LONG_TESTS") != nil

/// What stands between a service and its database, and what takes the database's place.
@Suite(hasPostgres, .timeLimit(.minutes(15))) struct FailoverTests {
    @Test(
        "a run goes on with the standby that took over, and everything published before is there",
        .enabled(if: isLongTier, "the long tier is chosen by CLVD_LONG_TESTS=1"),
        arguments: 1...5
    )
    func failover(round: Int) async throws {
        try await apart {
            let primary = try PrivateCluster()
            let database = try TestDatabase(in: primary)
            try Shop.small.get().load(into: database)
            let standby = try PrivateCluster(following: primary)
            defer { withExtendedLifetime(standby) {} }
            let follower = TestDatabase(existing: database.name, at: standby.directory)
            let site = try Site(
                follower,
                connector: """
                    conninfo = "host=\(primary.directory),\(standby.directory) \
                    dbname=\(database.name) user=\(PrivateCluster.superuser) \
                    target_session_attrs=read-write"
                    """
            )
            try site.start()
            try site.succeed(asOf: "2025-04-30")
            try site.succeed(asOf: "2025-05-31")
            let gate = try Gate(.publication, database)
            let id = try site.run()
            try gate.waitForWorker { site.logTail }
            try waitFor("the standby to follow") {
                try site.published() == ["2025-05-31"] ? true : nil
            }
            try primary.kill()
            _ = try follower.connect().execute("SELECT pg_promote()")
            try site.hurry(id, asOf: Shop.lastDay)
            #expect(try site.published() == [Shop.lastDay])
            #expect(try site.query("SELECT count(*) FROM clv.publications") == [["3"]])
            try site.expectAllInOrder()
        }
    }

    @Test(
        "a whole life goes through PgBouncer in transaction mode: migrate, run, run again, go back",
        .enabled(if: PgBouncer.isInstalled, Comment(rawValue: PgBouncer.absence)),
        arguments: 1...(isLongTier ? 5 : 1)
    )
    func bouncer(round: Int) async throws {
        try await apart {
            let database = try Shop.copy()
            let bouncer = try PgBouncer(before: Shop.cluster.get(), poolSize: 3)
            defer { withExtendedLifetime(bouncer) {} }
            let site = try Site(
                database,
                connector: """
                    connector = { server = "\(bouncer.directory)", db = "\(database.name)", \
                    user = "\(PrivateCluster.superuser)" }
                    """
            )
            let text = site.tenantText(kept: 2).replacing("auto_migrate = true", with: "")
            try site.write(site.tenant, text)
            let migrated = try site.database(["migrate", "acme"])
            #expect(migrated.code == 0, "\(migrated.text)")
            try site.start()
            for day in ["2025-03-31", "2025-04-30", "2025-05-31"] { try site.succeed(asOf: day) }
            let kept = "SELECT count(*) FROM clv.publications WHERE removed_at IS NULL"
            #expect(try site.query(kept) == [["2"]], "old publications leave through it as well")
            let checked = try site.database(["check", "acme"])
            #expect(checked.text.contains("is SUPERUSER"), "\(checked.text)")
            let back = try site.database(["rollback", Site.job])
            #expect(back.code == 0, "\(back.text)")
            #expect(try site.published() == ["2025-04-30"])
            // What is cancelled in the middle of a statement is stopped through it too.
            let gate = try Gate(.publication, database)
            let id = try site.run()
            try gate.waitForWorker { site.logTail }
            _ = try site.clvctl(["cancel", id])
            _ = try site.wait(for: .cancelled, of: id, seconds: 20)
            gate.open()
            try site.succeed()
            try site.expectAllInOrder()
        }
    }
}

extension Site {
    /// `clvctl db`, or `clvctl publication`, on this site's configuration.
    fileprivate func database(_ words: [String]) throws -> Programs.Outcome {
        let verb = words[0] == "rollback" ? "publication" : "db"
        return try Programs.run("clvctl", [verb] + words + ["--config", folder.path + "/etc"])
    }
}
