import ControlAPI
import Domain
import Glibc
import HTTPClient
import Scheduling
import StateDatabase
import Testing

@Suite(.timeLimit(.minutes(1))) struct RetentionTests {
    /// A run that succeeded so many days ago.
    private func run(_ key: JobKey, daysAgo: Int) -> ScheduledRun {
        let then = Instant(seconds: Int64(time(nil)) - Int64(daysAgo) * 86_400)
        var run = ScheduledRun(id: "\(key.tenant)-\(daysAgo)", key: key, queuedAt: then)
        run.state = .succeeded
        run.startedAt = then
        run.finishedAt = then
        return run
    }

    @Test
    func `the runs of a removed job can be read until they are old, at a start and at a reload`()
        throws
    {
        let service = try Service(schedule: "2199-01-01 03:00")
        try service.write("etc/tenants.d/birch.toml", Service.tenant("birch"))
        try service.start()
        try service.stop()
        do {
            let state = try StateDatabase(directory: service.path + "/state")
            // Not old by the time of each other.
            for tenant in ["gone", "birch", "acme"] {
                let key = JobKey(tenant: tenant, job: "monthly")
                for days in [500, 390] { try state.save(run(key, daysAgo: days)) }
            }
            try state.commit()
        }
        func runs(_ tenant: String) throws -> [String] {
            try service.get(RunsAnswer.self, "/v1/runs?tenant=\(tenant)").runs.map(\.runID)
        }
        try service.start()
        #expect(try runs("gone") == ["gone-390"])
        #expect(try runs("birch") == ["birch-390"], "it has another good run")
        #expect(try service.get(StatusAnswer.self, "/v1/status").jobs.count == 2)
        unsafe unlink(service.path + "/etc/tenants.d/birch.toml")
        let shorter = Service.configuration(service.path) + "\n[history]\ndays = 200\n"
        try service.write("etc/clvd.toml", shorter)
        #expect(try service.ask("POST", "/v1/reload").status == 200)
        #expect(try runs("birch").isEmpty && runs("gone").isEmpty)
        #expect(try runs("acme") == ["acme-390"], "the last good one of a job that is there")
    }
}
