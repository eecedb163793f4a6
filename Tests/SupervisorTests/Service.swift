import ControlAPI
import Domain
import FileSystem
import Glibc
import HTTPClient
import JSONCoding
import Subprocess
import TestSupport
import Testing

/// A folder with everything that one clvd needs, and the real program on it.
final class Service {
    let folder: TemporaryFolder
    private var child: Child?
    private var environment: [String]
    /// What the process wrote on standard error, when it is over.
    private(set) var log = ""

    var path: String { folder.path }
    var socket: String { path + "/socket" }

    init(worker: String = Stub.succeeds, schedule: String? = nil) throws {
        folder = try TemporaryFolder()
        environment = ["PATH=/usr/bin:/bin", "HOME=\(folder.path)"]
        try write("etc/clvd.toml", Service.configuration(folder.path))
        try write("etc/tenants.d/acme.toml", Service.tenant("acme", schedule: schedule))
        try setWorker(worker)
    }

    deinit { _ = try? kill() }

    static func configuration(_ path: String) -> String {
        """
        export_path = "\(path)/models"
        [workers]
        program = "\(path)/worker"
        stop_timeout = 3
        slots = 2
        """
    }

    static func tenant(_ name: String, schedule: String? = nil) -> String {
        """
        [tenant]
        name = "\(name)"
        time_zone = "Europe/Berlin"
        currency = "EUR"
        [source]
        data_source = "postgresql"
        connector = { server = "/nowhere", db = "shop" }
        data_query_path = "select user_id, amount, days from purchases"
        customer_indicator = "user_id"
        amount_indicator = "amount"
        time_indicator = "days"
        [destination]
        schema = "clv"
        [[jobs]]
        name = "monthly"
        job = "train_prediction"
        time_period = "month"
        \(schedule.map { "schedule = \"\($0)\"" } ?? "")
        """
    }

    func write(_ name: String, _ text: String) throws {
        let whole = path + "/" + name
        let folder = whole.split(separator: "/").dropLast().joined(separator: "/")
        try FileSystem.makeFolders("/" + folder)
        try FileSystem.replace(whole, with: Array(text.utf8))
    }

    func setWorker(_ script: String) throws {
        try FileSystem.replace(path + "/worker", with: Array(script.utf8), mode: 0o755)
    }

    // MARK: The process

    static var program: String {
        get throws {
            var bytes = [CChar](repeating: 0, count: 4096)
            let count = unsafe readlink("/proc/self/exe", &bytes, bytes.count)
            let own = String(
                decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) },
                as: UTF8.self
            )
            let beside = own.split(separator: "/").dropLast().joined(separator: "/")
            let path = "/" + beside + "/clvd"
            try #require(unsafe access(path, X_OK) == 0, "clvd is not built beside the tests")
            return path
        }
    }

    func command(_ variables: [String] = []) throws -> Command {
        var command = Command(
            try Service.program,
            ["--config", path + "/etc", "--state", path + "/state", "--socket", socket],
            environment: environment + variables
        )
        command.input = .nothing
        command.output = .nothing
        command.errors = .pipe
        return command
    }

    /// Starts clvd and waits until its socket answers.
    func start(_ variables: [String] = []) throws {
        child = try command(variables).start()
        try waitUntilItAnswers()
    }

    /// Starts clvd, which may not live for long; whether its socket answered.
    func startFaulty(_ variables: [String]) throws -> Bool {
        child = try command(variables).start()
        for _ in 0..<500 {
            if (try? ask("GET", "/v1/version"))?.status == 200 { return true }
            let status = try FileSystem.read("/proc/\(pid)/stat")
            if String(decoding: status, as: UTF8.self).contains(") Z ") { return false }
            usleep(10_000)
        }
        return false
    }

    func start(_ command: Command) throws {
        child = try command.start()
        try waitUntilItAnswers()
    }

    private func waitUntilItAnswers() throws {
        try eventually("the socket answers") { (try? ask("GET", "/v1/version"))?.status == 200 }
    }

    var pid: Int32 { child?.pid ?? 0 }

    func signal(_ number: Int32) { child?.send(signal: number) }

    /// Waits for the end; what was logged is then in `log`.
    @discardableResult
    func wait() throws -> Termination {
        defer { child = nil }
        let end = try #require(try child?.wait())
        var lines = LineBuffer()
        while case .bytes = try child?.errors?.read(into: &lines) {}
        while let line = try lines.next() { log += String(decoding: line, as: UTF8.self) + "\n" }
        return end
    }

    @discardableResult
    func stop() throws -> Termination {
        signal(SIGTERM)
        return try wait()
    }

    /// Nil when it was over before and somebody saw that.
    @discardableResult
    func kill() throws -> Termination? {
        guard child != nil else { return nil }
        signal(SIGKILL)
        return try wait()
    }

    /// Runs clvd where it is expected to end by itself.
    func runToTheEnd() throws -> Termination {
        child = try command().start()
        return try wait()
    }

    // MARK: The socket

    func ask(_ method: String, _ path: String, _ body: String? = nil) throws -> HTTPClient.Answer {
        try HTTPClient(socketPath: socket).send(
            HTTPClient.Request(
                method: method,
                path: path,
                body: body.map { Array($0.utf8) },
                timeoutSeconds: 10
            )
        )
    }

    func get<Answer: Decodable>(_ type: Answer.Type, _ path: String) throws -> Answer {
        let answer = try ask("GET", path)
        try #require(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
        return try JSONCoding.decode(type, from: answer.body)
    }

    func problem(_ method: String, _ path: String, _ body: String? = nil) throws -> ProblemDocument
    {
        let answer = try ask(method, path, body)
        #expect(answer.headers["content-type"] == ProblemDocument.contentType)
        return try JSONCoding.decode(ProblemDocument.self, from: answer.body)
    }

    /// Starts a run by hand and gives its id.
    func run(_ job: String = "acme/monthly") throws -> String {
        let answer = try ask("POST", "/v1/jobs/\(job)/runs")
        try #require(answer.status == 202, "\(String(decoding: answer.body, as: UTF8.self))")
        return try JSONCoding.decode(StartAnswer.self, from: answer.body).runID
    }

    func state(ofRun id: String) throws -> Run { try get(RunAnswer.self, "/v1/runs/\(id)").run }

    /// Waits until the run is as told, and gives it.
    func run(_ id: String, is isDone: (Run) -> Bool) throws -> Run {
        var last: Run?
        try eventually("run \(id)") {
            let run = try state(ofRun: id)
            last = run
            return isDone(run)
        }
        return try #require(last)
    }

    /// All events of a run, to its end.
    func events(ofRun id: String) throws -> [RunEvent] {
        var events: [RunEvent] = []
        let request = HTTPClient.Request(
            method: "GET",
            path: "/v1/runs/\(id)/events",
            timeoutSeconds: 20
        )
        _ = try HTTPClient(socketPath: socket).stream(request) { line in
            if let event = try? JSONCoding.decode(RunEvent.self, from: line) {
                events.append(event)
            }
            return true
        }
        return events
    }
}

/// Asks again until it is so.
func eventually(_ what: String, seconds: Double = 20, _ isSo: () throws -> Bool) throws {
    for _ in 0..<Int(seconds * 50) {
        if try isSo() { return }
        usleep(20_000)
    }
    try #require(Bool(false), "it never came: \(what)")
}

/// Workers that are shell scripts.
enum Stub {
    private static let head = #"""
        #!/bin/sh
        read -r plan
        id=$(printf '%s' "$plan" | sed 's/.*"run_id":"\([^"]*\)".*/\1/')
        say() {
            printf '{"schema":"clvd.event/1","run_id":"%s","at":"2026-11-20T09:00:00.000Z",%s}\n' \
                "$id" "$1"
        }
        good() { say '"type":"result","status":"succeeded","as_of":"2026-11-19","models":[],"totals":[]'; }
        bad() {
            say '"type":"result","status":"failed","models":[],"totals":[],"error":{"code":"no_such_column","message":"column \"x\" does not exist","fix":"name another"}'
        }
        say '"type":"run_started"'

        """#

    static func script(_ body: String) -> String { head + body + "\n" }

    static let succeeds = script(
        """
        say '"type":"stage_started","stage":"ingest"'
        say '"type":"progress","stage":"ingest","done":5,"total":10,"unit":"rows"'
        say '"type":"warning","code":"odd","message":"odd rows","fix":"look"'
        echo '<4>hello' >&2
        say '"type":"stage_finished","stage":"ingest","seconds":0.5,"rows":10'
        good
        """
    )

    /// Goes on until it is asked to stop or its supervisor is gone.
    static let waits = script(
        """
        trap 'exit 130' TERM
        say '"type":"stage_started","stage":"train"'
        exec 3<&0
        cat <&3 > /dev/null &
        wait
        exit 75
        """
    )

    /// Goes on, whoever asks it to stop.
    static let deaf = script(
        """
        trap '' TERM
        say '"type":"stage_started","stage":"train"'
        while :; do sleep 0.1; done
        """
    )
}
