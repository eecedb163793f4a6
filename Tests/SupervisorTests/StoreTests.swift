import Configuration
import ControlAPI
import Domain
import FileSystem
import Glibc
import HTTPClient
import ModelStore
import Testing

/// What clvd makes of the files of a job's models, with a script for the worker.
@Suite(.timeLimit(.minutes(2))) struct StoreTests {
    /// Stores a version as a run of this job would, and gives its manifest.
    private func fit(_ service: Service) throws -> Manifest {
        let loaded = try Loader(directories: [service.path + "/etc"]).load()
        let tenant = try #require(loaded.settings.tenants.first)
        let job = try #require(tenant.jobs.first)
        let settings = RunSettings(tenant: tenant, job: job)
        let today = Instant(seconds: Int64(time(nil))).utcDay
        let draft = Manifest(
            programVersion: ProgramVersion.current,
            tenant: tenant.name,
            job: job.name,
            fittedOn: today,
            timePeriod: job.timePeriod,
            asOf: today + -1,
            firstPurchaseOn: nil,
            newestPurchaseOn: nil,
            customers: 2,
            purchases: 3,
            settingsHash: SHA256.hexadecimal(Array(settings.modelFingerprint.utf8)),
            seed: 0,
            metrics: [:],
            verdict: "accepted"
        )
        let store = ModelStore(root: service.path + "/models")
        return try store.save(draft, models: ["bg_nbd": Array("{\"r\":1}".utf8)]).manifest
    }

    /// Stands in for a fit: a version that was made before moves into the store.
    private static let worker = Stub.script(
        """
        case "$plan" in *'"store"'[,\\]]*)
            echo x >> "$HOME/fits"
            rm -r "$HOME/models/acme/monthly/v000001"
            mv "$HOME/next" "$HOME/models/acme/monthly/v000002"
            echo v000002 > "$HOME/models/acme/monthly/champion" ;;
        esac
        day=$(TZ=Europe/Berlin date -d yesterday +%F)
        say '"type":"result","status":"succeeded","as_of":"'$day'","models":[],"totals":[]'
        """
    )

    private func storeTerm(_ service: Service) throws -> WhyAnswer.Term? {
        try service.get(WhyAnswer.self, "/v1/jobs/acme/monthly/why").terms.first {
            $0.name == "store"
        }
    }

    private func checks(_ service: Service) throws -> ChecksAnswer {
        try service.get(ChecksAnswer.self, "/v1/jobs/acme/monthly/checks?limit=1000")
    }

    @Test func `a damaged model file is found by the next check, and fitted anew once`() throws {
        let service = try Service(worker: Self.worker, schedule: "2199-01-01 03:00")
        let folder = service.path + "/models/acme/monthly"
        let first = try fit(service)
        let second = try fit(service)
        try FileSystem.rename(folder + "/" + second.version, to: service.path + "/next")
        try service.start()
        #expect(try checks(service).checks.isEmpty)
        #expect(
            try storeTerm(service)?.sentence
                == "the stored version is there; the next check reads its files"
        )
        try service.write("etc/tenants.d/acme.toml", Service.tenant("acme", schedule: "*:*:*"))
        #expect(try service.ask("POST", "/v1/reload").status == 200)
        try eventually("a fresh job") { try checks(service).checks.first?.verdict == "fresh" }
        #expect(
            try storeTerm(service)?.sentence == "the stored version's files match their checksums"
        )
        let name = first.fileName(model: "bg_nbd")
        let file = unsafe open("\(folder)/\(first.version)/\(name)", O_WRONLY | O_CLOEXEC)
        #expect(unsafe pwrite(file, "X", 1, 0) == 1)
        close(file)
        try eventually("the fit") { FileSystem.exists(service.path + "/fits") }
        try eventually("a fresh job") { try checks(service).checks.first?.verdict == "fresh" }
        // Some checks more, which find nothing.
        usleep(2_500_000)
        let runs = try service.get(RunsAnswer.self, "/v1/runs").runs
        #expect(runs.map(\.reasons) == [["store", "new_model"], ["forecast"]])
        let found = try checks(service).checks
        #expect(found.count { $0.reasons == ["store", "new_model"] && $0.verdict == "stale" } == 1)
        #expect(found.first?.verdict == "fresh" && found.count > 4, "\(found)")
        #expect(try FileSystem.read(service.path + "/fits") == Array("x\n".utf8))
        #expect(
            try storeTerm(service)?.sentence == "the stored version's files match their checksums"
        )
    }

    @Test func `drift that a run measured warns while its version is in use`() throws {
        let drift = """
            "drift":{"version":"v000001","deviations":5.25,"since_fit":{"origin_on":"2026-11-01",\
            "horizon_days":18,"customers":100,"purchases":{"expected":90,"actual":45,"chance":0.01}}}
            """
        let worker = Stub.script(
            """
            day=$(TZ=Europe/Berlin date -d yesterday +%F)
            say '"type":"result","status":"succeeded","as_of":"'$day'","models":[],"totals":[],\(drift)'
            """
        )
        let service = try Service(worker: worker)
        let job = Service.tenant("acme", schedule: "*:*:*")
        try service.write(
            "etc/tenants.d/acme.toml",
            job.replacing("train_prediction", with: "prediction")
        )
        _ = try fit(service)
        try service.start()
        func term() throws -> WhyAnswer.Term? {
            try service.get(WhyAnswer.self, "/v1/jobs/acme/monthly/why").terms.first {
                $0.name == "drift"
            }
        }
        try eventually("a look at the drift") {
            try checks(service).checks.first?.reasons == ["drift"]
        }
        let found = try #require(try term())
        #expect(found.state == "stale" && found.number == 5.25 && found.limit == 3)
        #expect(
            found.sentence
                == "in 18 days since the fit came 50 % less purchases than forecast, 5.3 deviations, "
                + "the limit is 3.0"
        )
        let status = try service.get(JobAnswer.self, "/v1/jobs/acme/monthly").job
        #expect(status.state == .degraded && status.lastGoodRun?.drift?.deviations == 5.25)
        // Of another version nothing is known.
        let next = try fit(service)
        try ModelStore(root: service.path + "/models").promote(
            tenant: "acme",
            job: "monthly",
            version: next.version
        )
        #expect(try term() == nil)
        try eventually("a fresh job") { try checks(service).checks.first?.reasons == [] }
    }

    @Test func `what a check found stale is listed with what is still so`() throws {
        let service = try Service(worker: Stub.waits, schedule: "2199-01-01 03:00")
        let manifest = try fit(service)
        let name = manifest.fileName(model: "bg_nbd")
        try service.write("models/acme/monthly/\(manifest.version)/\(name)", "{\"r\":2}")
        try service.start()
        try service.write("etc/tenants.d/acme.toml", Service.tenant("acme", schedule: "*:*:*"))
        #expect(try service.ask("POST", "/v1/reload").status == 200)
        try eventually("a check") { try !checks(service).checks.isEmpty }
        let answer = try checks(service)
        let check = try #require(answer.checks.last)
        #expect(check.verdict == "stale" && check.staleSince == nil)
        #expect(check.reasons == ["store", "new_model"])
        let sentence = "the stored version is damaged: \"\(name)\" fails its checksum"
        #expect(try storeTerm(service)?.sentence == sentence)
        if answer.checks.count == 1 { #expect(answer.stillSo == [sentence]) }
        // While its run goes on nobody looks, which is listed, too.
        try eventually("a check that is left out") {
            try checks(service).checks.first?.verdict == "skipped"
        }
        let one = try service.get(ChecksAnswer.self, "/v1/jobs/acme/monthly/checks?limit=1")
        #expect(one.checks.count == 1 && one.stillSo.isEmpty)
        let wrong = try service.problem("GET", "/v1/jobs/acme/monthly/checks?limit=0")
        #expect(wrong.detail == "\"limit\" must be a number from 1 to 1000, not \"0\"")
        #expect(try service.problem("GET", "/v1/jobs/acme/weekly/checks").status == 404)
    }

    @Test func `runs are listed by state`() throws {
        let service = try Service()
        try service.start()
        let id = try service.run()
        _ = try service.run(id) { $0.state == .succeeded }
        func runs(_ state: String) throws -> [String] {
            try service.get(RunsAnswer.self, "/v1/runs?state=\(state)").runs.map(\.runID)
        }
        #expect(try runs("succeeded") == [id] && runs("failed").isEmpty)
        let wrong = try service.problem("GET", "/v1/runs?state=bad")
        let states = "queued, running, succeeded, failed, cancelled, interrupted"
        #expect(wrong.status == 400)
        #expect(wrong.detail == "\"state\" must be one of \(states), not \"bad\"")
    }
}
