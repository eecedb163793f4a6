import ControlAPI
import Domain
import FileSystem
import Glibc
import Subprocess
import TestSupport
import Testing
import WorkerContract

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct FailureTests {
    /// Whether an unprivileged mount is possible here.
    private static let canMount =
        (try? Programs.run(
            Site.ownMounts[0],
            [Site.ownMounts[1], "mount", "-t", "tmpfs", "none", "/mnt"]
        ))?
        .code == 0

    @Test(
        "a full disk under the models is told, the old forecast stands, and space mends the run",
        .enabled(if: canMount, "nothing can be mounted here")
    )
    func fullDisk() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            try site.start(before: "mount -t tmpfs -o size=256k none \"\(site.models)\"")
            try site.succeed(asOf: "2025-05-31")
            // Our own view of that folder is another one than the service's.
            let ballast = "/proc/\(site.pid)/root\(site.models)/ballast"
            try site.fill(ballast)
            let id = try site.run(retrain: true)
            let waiting = try site.waitForAttempt(2, of: id)
            #expect(waiting.error?.code == "disk_full", "\(waiting)")
            #expect(waiting.error?.message.contains(site.models) == true, "\(waiting)")
            #expect(waiting.error?.cause == "No space left on device")
            #expect(try site.published() == ["2025-05-31"])
            try FileSystem.remove(ballast)
            #expect(try site.run() == id)
            _ = try site.wait(for: .succeeded, of: id)
            try site.expectAllInOrder(models: "/proc/\(site.pid)/root\(site.models)")
        }
    }

    @Test(
        "a full disk under the state ends clvd with the reason, which it tells until there is space",
        .enabled(if: canMount, "nothing can be mounted here")
    )
    func fullState() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            try FileSystem.makeFolders(site.state)
            try site.start(before: "mount -t tmpfs -o size=512k none \"\(site.state)\"")
            let pid = site.pid
            try site.fill("/proc/\(pid)/root\(site.state)/ballast")
            // The answer never comes: what is not on disk is not told.
            #expect(throws: (any Error).self) { try site.run() }
            #expect(try site.end(by: 0) == .exited(EXIT_FAILURE))
            #expect(site.logTail.contains("could not write state database"), "\(site.logTail)")
            #expect(site.logTail.contains("database or disk is full"), "\(site.logTail)")
            #expect(site.logTail.contains("check the free space"), "\(site.logTail)")
            // The next start finds a disk that is full already.
            try site.start(
                before: "mount -t tmpfs -o size=512k none \"\(site.state)\"; "
                    + "cat /dev/zero >\"\(site.state)/ballast\" 2>/dev/null || true"
            )
            func status() throws -> Programs.Outcome {
                try site.clvctl(["status"])
            }
            let waiting = try status()
            #expect(waiting.code == 3, "\(waiting)")
            #expect(waiting.text.contains("clvd waits, and starts nothing"), "\(waiting)")
            #expect(waiting.text.contains("check the free space"), "\(waiting)")
            try FileSystem.remove("/proc/\(site.pid)/root\(site.state)/ballast")
            try waitFor("clvd to go on", context: { site.logTail }) {
                try status().text.contains("clvd waits") ? nil : true
            }
            try site.succeed(asOf: "2025-05-31")
        }
    }

    @Test(
        "a state directory that cannot be written is refused at the start with its name",
        .enabled(if: canMount, "nothing can be mounted here")
    )
    func readOnlyState() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            try site.start()
            try site.end(by: SIGTERM)
            let readOnly =
                "mount --bind \"\(site.state)\" \"\(site.state)\"; "
                + "mount -o remount,bind,ro \"\(site.state)\""
            #expect(throws: Surprise.self) { try site.start(before: readOnly) }
            #expect(try site.end(by: 0) == .exited(EX_CONFIG))
            #expect(site.logTail.contains("Read-only file system"), "\(site.logTail)")
            #expect(site.logTail.contains(site.state), "\(site.logTail)")
            #expect(site.logTail.contains("fix="), "\(site.logTail)")
            try site.start()
        }
    }

    @Test("a cancelled run ends as cancelled everywhere, and the old forecast stands")
    func cancelled() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            let reader = ForecastReader(site.database)
            let reading = reader.start()
            try site.start()
            try site.succeed(asOf: "2025-05-31")
            let trains = try site.run(retrain: true)
            try site.reach(.train, of: trains)
            #expect(try site.clvctl(["cancel", trains]).code == 0)
            _ = try site.wait(for: .cancelled, of: trains, seconds: 20)

            let gate = try Gate(.publication, site.database)
            let publishes = try site.run()
            try gate.waitForWorker { site.logTail }
            _ = try site.clvctl(["cancel", publishes])
            _ = try site.wait(for: .cancelled, of: publishes, seconds: 20)
            gate.open()
            #expect(try site.published() == ["2025-05-31"])
            try site.succeed()
            reader.stop()
            try reading.value()
            try site.expectAllInOrder(readBy: reader)
        }
    }

    @Test("what is cancelled behind its publication has succeeded")
    func cancelledTooLate() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            try site.write(site.tenant, site.tenantText(kept: 1))
            try site.start()
            try site.succeed(asOf: "2025-05-31")
            let gate = try Gate(.removal, site.database)
            let id = try site.run()
            try gate.waitForWorker { site.logTail }
            _ = try site.clvctl(["cancel", id])
            #expect(try site.wait(for: .succeeded, of: id, seconds: 20).publicationID == "2")
            gate.open()
            try site.expectAllInOrder()
        }
    }

    @Test(
        "a reload applies a good configuration as a whole, and keeps the old one before a bad one"
    )
    func reload() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            try site.start()
            let good = site.tenantText().replacing("\"monthly\"", with: "\"weekly\"")
            try site.write(site.tenant, good)
            let applied = try site.clvctl(["reload", "--wait"])
            #expect(applied.code == 0, "\(applied.text)")
            #expect(try site.ask(StatusAnswer.self, ["status"]).jobs.map(\.job) == ["weekly"])

            let bad = site.tenantText().replacing("time_period =", with: "time_perod =")
            try site.write(site.tenant, bad)
            let refused = try site.clvctl(["reload", "--wait"])
            #expect(refused.code == 5)
            let line = bad.split(separator: "\n", omittingEmptySubsequences: false).firstIndex {
                $0.hasPrefix("time_perod")
            }
            #expect(refused.text.contains("\(site.tenant):\((line ?? 0) + 1):1"), "\(refused.text)")
            #expect(refused.text.contains("time_period"), "\(refused.text)")
            let status = try site.ask(StatusAnswer.self, ["status"])
            #expect(status.jobs.map(\.job) == ["weekly"] && status.service.generation == 2)
        }
    }
}
