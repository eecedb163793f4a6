import ControlAPI
import Domain
import FileSystem
import Glibc
import HTTPClient
import JSONCoding
import Scheduling
import Subprocess
import Testing
import WorkerContract

@Suite(.timeLimit(.minutes(2))) struct OperatorTests {
    @Test func `a held job starts nothing until its release, and says why, also after a restart`()
        throws
    {
        let service = try Service(schedule: "2199-01-01 03:00")
        try service.start()
        let hold = #"{"reason": "stocktaking", "until": "2198-01-01T00:00:00Z"}"#
        #expect(try service.ask("POST", "/v1/jobs/acme/monthly/hold", hold).status == 200)
        try service.kill()
        try service.start()
        let why = try service.get(WhyAnswer.self, "/v1/jobs/acme/monthly/why")
        #expect(why.state == .held)
        #expect(why.now.contains("stocktaking"))
        #expect(why.hold?.isByOperator == true)
        #expect(why.next?.why == "end_of_hold")
        #expect(why.changes.contains { $0.contains("clvctl release acme/monthly") })
        #expect(why.terms.map(\.name) == ["model", "forecast"])
        #expect(why.retrain.isNeeded && why.forecast.isNeeded)
        #expect(try service.get(RunsAnswer.self, "/v1/runs").runs.isEmpty)
        let past = #"{"until": "2001-01-01T00:00:00Z"}"#
        #expect(try service.problem("POST", "/v1/jobs/acme/monthly/hold", past).status == 400)
        #expect(try service.ask("DELETE", "/v1/jobs/acme/monthly/hold").status == 200)
        let released = try service.get(WhyAnswer.self, "/v1/jobs/acme/monthly/why")
        #expect(released.hold == nil && released.lastCheck == nil, "nothing was due meanwhile")
        #expect(try service.get(RunsAnswer.self, "/v1/runs").runs.isEmpty)
        let again = try service.problem("DELETE", "/v1/jobs/acme/monthly/hold")
        #expect(again.code == "not_held")
    }

    @Test func `what is due while a job is held is left out, and looked at when it is released`()
        throws
    {
        let service = try Service(schedule: "2199-01-01 03:00")
        try service.start()
        _ = try service.ask("POST", "/v1/jobs/acme/monthly/hold")
        try service.write("etc/tenants.d/acme.toml", Service.tenant("acme", schedule: "*:*:*"))
        #expect(try service.ask("POST", "/v1/reload").status == 200)
        try eventually("a due time that is left out") {
            try service.get(WhyAnswer.self, "/v1/jobs/acme/monthly/why").lastCheck?.reasons
                == ["held"]
        }
        #expect(try service.get(RunsAnswer.self, "/v1/runs").runs.isEmpty)
        #expect(try service.ask("DELETE", "/v1/jobs/acme/monthly/hold").status == 200)
        try eventually("the run") {
            try service.get(RunsAnswer.self, "/v1/runs").runs.first?.state == .succeeded
        }
    }

    @Test func `the status of all jobs knows what was done a moment ago`() throws {
        let service = try Service(worker: Stub.waits)
        try service.start()
        func states() throws -> [JobState] {
            try service.get(StatusAnswer.self, "/v1/status").jobs.map(\.state)
        }
        #expect(try states() == [.neverRun])
        #expect(try service.ask("POST", "/v1/jobs/acme/monthly/hold").status == 200)
        #expect(try states() == [.held])
        #expect(try service.ask("DELETE", "/v1/jobs/acme/monthly/hold").status == 200)
        let id = try service.run()
        #expect([.queued, .running].contains(try states().first))
        _ = try service.run(id) {
            $0.stages.contains { $0.stage == .train && $0.state == .running }
        }
        let current = try service.get(StatusAnswer.self, "/v1/status").jobs.first?.current
        #expect(current?.stage?.stage == .train)
        #expect(try service.ask("DELETE", "/v1/runs/\(id)").status == 202)
        _ = try service.run(id) { $0.state.isOver }
        #expect(try states() == [.cancelled])
    }

    @Test func `a job whose times are over says so`() throws {
        let service = try Service(schedule: "2020-01-01 03:00")
        try service.start()
        let reason = "its last time was 2020-01-01 03:00"
        let next = try service.get(NextAnswer.self, "/v1/jobs/acme/monthly/next")
        #expect(next.next.isEmpty && next.reason == reason)
        let why = try service.get(WhyAnswer.self, "/v1/jobs/acme/monthly/why")
        #expect(why.now == "nothing starts by itself: \(reason)")
    }

    @Test func `why says what a queued run waits for, and that a run is being cancelled`() throws {
        let service = try Service(worker: Stub.deaf)
        let settings = Service.configuration(service.path)
            .replacing("slots = 2", with: "slots = 1")
        try service.write("etc/clvd.toml", settings)
        try service.write("etc/tenants.d/beta.toml", Service.tenant("beta"))
        try service.start()
        let first = try service.run()
        _ = try service.run(first) { $0.state == .running }
        let second = try service.run("beta/monthly")
        let why = try service.get(WhyAnswer.self, "/v1/jobs/beta/monthly/why")
        #expect(why.now == "run \(second) waits for a place: slots = 1")
        #expect(try service.ask("DELETE", "/v1/runs/\(first)").status == 202)
        let now = try service.get(WhyAnswer.self, "/v1/jobs/acme/monthly/why").now
        #expect(now.hasPrefix("run \(first) is being cancelled: its worker was asked to stop, "))
        #expect(now.contains(", and is killed at ") && now.hasSuffix(" if it does not"))
    }

    @Test func `after three crashes clvd starts with every job held, answers, and resumes`() throws
    {
        let service = try Service(schedule: "*:*:*")
        try service.write(
            "etc/tenants.d/acme.toml",
            Service.tenant("acme", schedule: "2199-01-01 03:00")
        )
        for _ in 0..<3 {
            try service.start()
            try service.kill()
        }
        try service.write("etc/tenants.d/acme.toml", Service.tenant("acme", schedule: "*:*:*"))
        try service.start()
        var status = try service.get(StatusAnswer.self, "/v1/status")
        #expect(status.jobs.map(\.state) == [.held])
        #expect(status.service.suspension?.code == "service_crashed")
        #expect(status.service.suspension?.message.contains("3 times within 10 minutes") == true)
        usleep(1_500_000)
        #expect(try service.get(RunsAnswer.self, "/v1/runs").runs.isEmpty)
        #expect(try service.ask("POST", "/v1/resume").status == 200)
        try eventually("the run") {
            try service.get(RunsAnswer.self, "/v1/runs").runs.first?.state == .succeeded
        }
        status = try service.get(StatusAnswer.self, "/v1/status")
        #expect(status.service.suspension == nil)
        #expect(try service.stop() == .exited(0))
        #expect(service.log.contains("every job is held"))
        try service.start()
        #expect(try service.get(StatusAnswer.self, "/v1/status").service.suspension == nil)
    }

    /// Waits for the hold, and lets some looks go by that do not end it.
    private func heldThroughLooks(_ service: Service) throws -> WhyAnswer {
        try eventually("the hold") {
            try service.get(WhyAnswer.self, "/v1/jobs/acme/monthly/why").hold != nil
        }
        usleep(2_500_000)
        let why = try service.get(WhyAnswer.self, "/v1/jobs/acme/monthly/why")
        #expect(why.hold?.problem.code == "no_such_column")
        #expect(try service.get(RunsAnswer.self, "/v1/runs").runs.count == 1, "a look is no run")
        return why
    }

    @Test func `refused data hold a job until a look finds other data`() throws {
        let service = try Service(
            worker: Stub.script(
                """
                case "$plan" in
                *'"kind":"check"'*)
                    say '"type":"result","status":"succeeded","models":[],"totals":[],"data":{"purchases":'"$(cat purchases)"',"customers":2,"new_since_fit":0}' ;;
                *) [ "$(cat purchases)" = 11 ] && { good; exit 0; }
                    bad; exit 65 ;;
                esac
                """
                .replacing("cat purchases", with: "cat $HOME/purchases")
            ),
            schedule: "*:*:*"
        )
        try service.write("purchases", "10")
        try service.start()
        let why = try heldThroughLooks(service)
        #expect(why.lastCheck?.verdict == "skipped")
        try service.write("purchases", "11")
        try eventually("the run") {
            try service.get(RunsAnswer.self, "/v1/runs").runs.first?.state == .succeeded
        }
        #expect(try service.get(WhyAnswer.self, "/v1/jobs/acme/monthly/why").hold == nil)
    }

    @Test func `a look that hangs keeps no other tenant waiting, and ends with clvd`() throws {
        let service = try Service(
            worker: Stub.script(
                """
                case "$plan" in *'"kind":"check"'*) ;; *) bad; exit 65 ;; esac
                case "$plan" in *'"tenant":"acme"'*)
                    echo $$ > "$HOME/looker"; trap '' TERM
                    while :; do sleep 0.1; done ;;
                esac
                say '"type":"result","status":"succeeded","models":[],"totals":[],"data":{"purchases":'"$(date +%s%N)"',"customers":2,"new_since_fit":0}'
                """
            ),
            schedule: "*:*:*"
        )
        try service.start()
        try eventually("the look at acme's data") {
            FileSystem.exists(service.path + "/looker")
        }
        try service.write("etc/tenants.d/birch.toml", Service.tenant("birch", schedule: "*:*:*"))
        #expect(try service.ask("POST", "/v1/reload").status == 200)
        // Each refusal is ended by a look that finds other data.
        try eventually("two runs of birch") {
            try service.get(RunsAnswer.self, "/v1/runs?tenant=birch").runs.count >= 2
        }
        let text = String(
            decoding: try FileSystem.read(service.path + "/looker"),
            as: UTF8.self
        )
        let looker = try #require(Int32(text.dropLast()))
        #expect(Glibc.kill(looker, 0) == 0)
        #expect(try service.stop() == .exited(0))
        #expect(Glibc.kill(looker, 0) != 0)
    }

    @Test func `old data degrade a job that is fresh otherwise, in status and in why`() throws {
        let data =
            #""data":{"newest_purchase_on":"2026-01-31","purchases":3,"customers":2,"new_since_fit":0}"#
        let service = try Service(
            worker: Stub.script(
                """
                day=$(TZ=Europe/Berlin date -d yesterday +%F)
                say '"type":"result","status":"succeeded","as_of":"'$day'","models":[],"totals":[],\(data)'
                """
            ),
            schedule: "*:*:*"
        )
        let tenant = Service.tenant("acme", schedule: "*:*:*")
            .replacing("train_prediction", with: "prediction")
        try service.write("etc/tenants.d/acme.toml", tenant + "\nmax_data_age = \"week\"\n")
        try service.start()
        _ = try service.run(try service.run()) { $0.state.isOver }
        try eventually("the warning") {
            try service.get(StatusAnswer.self, "/v1/status").jobs.map(\.state) == [.degraded]
        }
        let status = try service.get(StatusAnswer.self, "/v1/status")
        #expect(status.exitCode == .degraded)
        let term = status.jobs.first?.freshness?.terms.first { $0.name == "data_age" }
        #expect(term?.verdict == .warning && term?.limit == "7 days", "\(status.jobs)")
        let why = try service.get(WhyAnswer.self, "/v1/jobs/acme/monthly/why")
        #expect(!why.changes.contains { $0.contains("--retrain") }, "it never trains")
    }

    @Test func `a job that was refused the data goes on by itself when it may read them`() throws {
        let service = try Service(
            worker: Stub.script(
                """
                [ -e "$HOME/granted" ] || { bad; exit 78; }
                case "$plan" in
                *'"kind":"check"'*)
                    say '"type":"result","status":"succeeded","models":[],"totals":[],"data":{"purchases":3,"customers":2,"new_since_fit":0}' ;;
                *) good ;;
                esac
                """
            ),
            schedule: "*:*:*"
        )
        try service.start()
        let why = try heldThroughLooks(service)
        #expect(why.changes.contains("the next check that can read the data ends the hold"))
        try service.write("granted", "")
        try eventually("the run") {
            try service.get(RunsAnswer.self, "/v1/runs").runs.first?.state == .succeeded
        }
        #expect(try service.get(WhyAnswer.self, "/v1/jobs/acme/monthly/why").hold == nil)
    }

    @Test func `a run that takes longer than its job allows is stopped`() throws {
        let service = try Service(worker: Stub.waits)
        let tenant = Service.tenant("acme", schedule: "2199-01-01 03:00")
        try service.write("etc/tenants.d/acme.toml", tenant + "\nsoft_timeout = \"1s\"\n")
        try service.start()
        let id = try service.run()
        let run = try service.run(id) { $0.error != nil }
        #expect(run.error?.code == "run_timed_out")
    }

    @Test func `an upgrade of the time zones moves what is due`() throws {
        let service = try Service(schedule: "03:00")
        let zones = TimeZoneRules.systemDirectory
        func put(_ zone: String) throws {
            let bytes = try FileSystem.read("\(zones)/\(zone)")
            try FileSystem.makeFolders(service.path + "/zones/Europe")
            try FileSystem.replace(service.path + "/zones/Europe/Berlin", with: bytes)
        }
        func hour() throws -> Int64 {
            let next = try service.get(NextAnswer.self, "/v1/jobs/acme/monthly/next?count=1").next
            return (try #require(next.first).at.seconds / 3600) % 24
        }
        try put("Africa/Lagos")
        try service.start(["TZDIR=\(service.path)/zones"])
        #expect(try hour() == 2)
        try put("Asia/Tokyo")
        try eventually("the new zone") { try hour() == 18 }
        try service.write("zones/Europe/Berlin", "no zone")
        usleep(200_000)
        #expect(try hour() == 18, "the old rules stay")
        #expect(try service.stop() == .exited(0))
        #expect(service.log.contains("time zones changed"))
        #expect(service.log.contains("could not read the time zones again"))
    }

    @Test func `a zone that only an expression names is watched too, also when it is a link`()
        throws
    {
        let service = try Service(schedule: "03:00 CET")
        let zones = TimeZoneRules.systemDirectory
        for (name, zone) in [("Europe/Berlin", "Europe/Berlin"), ("CET", "Africa/Lagos")] {
            let path = service.path + "/zones/" + name
            let folder = path.split(separator: "/").dropLast().joined(separator: "/")
            try FileSystem.makeFolders("/" + folder)
            try FileSystem.replace(path, with: FileSystem.read("\(zones)/\(zone)"))
        }
        func hour() throws -> Int64 {
            let next = try service.get(NextAnswer.self, "/v1/jobs/acme/monthly/next?count=1").next
            return (try #require(next.first).at.seconds / 3600) % 24
        }
        try service.start(["TZDIR=\(service.path)/zones"])
        #expect(try hour() == 2)
        let link = service.path + "/zones/CET"
        unsafe unlink(link)
        usleep(200_000)
        unsafe symlink("\(zones)/Asia/Tokyo", link)
        try eventually("the new zone") { try hour() == 18 }
    }

    @Test func `the file behind a zone's link is watched, also when the link leads elsewhere`()
        throws
    {
        let service = try Service(schedule: "03:00 US/Eastern")
        let zones = TimeZoneRules.systemDirectory
        func put(_ zone: String, as name: String) throws {
            let bytes = try FileSystem.read("\(zones)/\(zone)")
            try FileSystem.replace(service.path + "/zones/" + name, with: bytes)
        }
        for folder in ["US", "America", "Europe", "Asia"] {
            try FileSystem.makeFolders(service.path + "/zones/" + folder)
        }
        try put("Europe/Berlin", as: "Europe/Berlin")
        try put("Africa/Lagos", as: "America/New_York")
        try put("Asia/Tokyo", as: "Asia/Tokyo")
        let link = service.path + "/zones/US/Eastern"
        unsafe symlink("../America/New_York", link)
        func hour() throws -> Int64 {
            let next = try service.get(NextAnswer.self, "/v1/jobs/acme/monthly/next?count=1").next
            return (try #require(next.first).at.seconds / 3600) % 24
        }
        try service.start(["TZDIR=\(service.path)/zones"])
        #expect(try hour() == 2)
        try put("Asia/Dubai", as: "America/New_York")
        try eventually("the file behind the link") { try hour() == 23 }
        unsafe symlink("../Asia/Tokyo", link + ".new")
        unsafe rename(link + ".new", link)
        try eventually("another link") { try hour() == 18 }
        try put("Africa/Lagos", as: "Asia/Tokyo")
        try eventually("the file behind the other link") { try hour() == 2 }
    }
}
