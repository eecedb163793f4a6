import Configuration
import ControlAPI
import Domain
import JSONCoding
import Testing
import WorkerContract

@Suite struct RouteTests {
    @Test("every route is found by its own method and path", arguments: Route.allCases)
    func found(route: Route) {
        let parameters = ["tenant": "a b/é", "job": "daily", "run": "r-1"]
        let path = route.path(parameters)
        let used = parameters.filter { route.template.contains("{\($0.key)}") }
        #expect(Route.match(method: route.method.rawValue, path: path) == .found(route, used))
    }

    @Test("no two routes share method and path")
    func unique() {
        let keys = Set(Route.allCases.map { $0.method.rawValue + $0.template })
        #expect(keys.count == Route.allCases.count)
    }

    @Test("a path with another method is told apart from no path")
    func methods() {
        #expect(
            Route.match(method: "POST", path: "/v1/runs/r-1") == .otherMethods([.get, .delete])
        )
        #expect(Route.match(method: "GET", path: "/v1/run") == .nothing)
        #expect(Route.match(method: "GET", path: "/v1/runs/") == .nothing)
        #expect(Route.match(method: "GET", path: "/v1/runs/%zz") == .nothing)
        #expect(Route.match(method: "GET", path: "/v1/runs/%ff") == .nothing)
    }

    @Test("what changes something needs more than a view")
    func levels() {
        for route in Route.allCases { #expect((route.method == .get) == (route.level == .view)) }
    }

    @Test("a query leaves out what is not given")
    func query() {
        let path = Route.runs.path(query: ["tenant": "a&b", "job": nil, "limit": "3"])
        #expect(path == "/v1/runs?tenant=a%26b&limit=3")
    }
}

@Suite struct AnswerTests {
    private let at = Instant(seconds: 1_700_000_000)

    private func job(_ state: JobState) throws -> JobStatus {
        JobStatus(
            tenant: "acme",
            job: "daily",
            kind: .trainPrediction,
            state: state,
            timePeriod: try #require(TimePeriod("month")),
            timeZone: "UTC",
            origin: "acme.toml:3"
        )
    }

    private func status(_ states: [JobState]) throws -> StatusAnswer {
        let service = ServiceStatus(
            version: "1",
            pid: 2,
            startedAt: at,
            uptimeSeconds: 3,
            tenants: 1,
            generation: 1,
            configuration: "/etc/clvd"
        )
        return StatusAnswer(service: service, jobs: try states.map(job), brokenTenants: [])
    }

    @Test("the worst job decides the exit code")
    func exits() throws {
        #expect(try status([.ok, .running, .neverRun]).exitCode == .fine)
        #expect(try status([.ok, .stale]).exitCode == .degraded)
        #expect(try status([.stale, .failed]).exitCode == .failed)
        #expect(try status([.stale, .held]).health == .failing)
    }

    @Test("state words have the numbers that metrics rely on")
    func states() throws {
        let codes = JobState.allCases.map(\.code)
        #expect(codes == Array(0..<JobState.allCases.count))
        #expect(try JSONCoding.text(JobState.neverRun) == #"{"code":7,"word":"never-run"}"#)
        let later = #"{"code":77,"word":"paused"}"#
        #expect(try JSONCoding.decode(JobState.self, from: later.utf8) == .degraded)
    }

    @Test("answers survive the way, in snake case")
    func roundTrip() throws {
        let answer = try status([.ok, .failed])
        let text = try JSONCoding.text(answer)
        #expect(try JSONCoding.decode(StatusAnswer.self, from: text.utf8) == answer)
        #expect(text.contains(#""exit_code":1"#) && text.contains(#""time_period":"month""#))
        #expect(text.contains(#""started_at":"2023-11-14T22:13:20.000Z""#))
    }

    @Test("a status of jobs that were written before is the one that is written now")
    func writtenJobs() throws {
        for states in [[], [.ok], [.ok, .failed, .ok]] as [[JobState]] {
            var whole = try status(states)
            let hostile = ProblemReport(code: "odd", message: #"tenant ""jobs":[]" is broken"#)
            whole = StatusAnswer(
                service: whole.service,
                jobs: whole.jobs,
                brokenTenants: [StatusAnswer.BrokenTenant(tenant: "b", problem: hostile)]
            )
            let written = try StatusAnswer.json(
                service: whole.service,
                jobs: try whole.jobs.map { try StatusAnswer.WrittenJob($0) },
                brokenTenants: whole.brokenTenants
            )
            #expect(written == (try JSONCoding.encode(whole)))
        }
    }

    @Test("a stream's last line is the result, with the exit code")
    func events() throws {
        var run = Run(runID: "r-1", tenant: "a", job: "b", state: .running, queuedAt: at)
        #expect(RunEvent.state(run, at: at).type == .state)
        run.state = .failed
        let last = RunEvent.state(run, at: at)
        #expect(last.type == .result && last.exitCode == .failed)
        let line = try JSONCoding.encode(last)
        #expect(try JSONCoding.decode(RunEvent.self, from: line) == last)
    }

    @Test("steps follow what the worker says")
    func stages() throws {
        var stages = StageProgress.waiting
        #expect(stages.apply(.runStarted) == nil)
        _ = stages.apply(.stageStarted(.train))
        let change = stages.apply(.progress(.train, done: 3, total: 4, unit: "models"))
        #expect(change?.fraction == 0.75 && change?.state == .running)
        let end = stages.apply(.stageFinished(.train, seconds: 2, rows: 9))
        #expect(end?.fraction == 1 && end?.seconds == 2)
        #expect(stages.map(\.stage) == Stage.allCases)
        #expect(stages[0].state == .waiting)
    }

    @Test("an empty request means the defaults")
    func start() throws {
        let request = try JSONCoding.decode(StartRequest.self, from: "{}".utf8)
        #expect(request == StartRequest())
    }

    @Test("a problem keeps its words, and gives the exit code of its kind")
    func problems() throws {
        let document = ProblemDocument.notFound("no job \"a/b\"", fix: "clvctl status")
        #expect(document.type == "urn:clvd:problem:not_found" && document.title == "not found")
        #expect(document.exit == .notFound)
        #expect(ProblemDocument.notPermitted(.operate).exit == .permission)
        let line = try JSONCoding.encode(document)
        #expect(
            try JSONCoding.decode(ProblemDocument.self, from: line).report.fix == "clvctl status"
        )
    }
}
