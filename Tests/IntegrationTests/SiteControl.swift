import ControlAPI
import Domain
import HTTPClient
import JSONCoding
import WorkerContract

extension Site {
    /// Whether somebody answers at the control socket.
    var answers: Bool {
        (try? HTTPClient(socketPath: socket).send(request(Route.version.path())))?.isSuccess == true
    }

    func clvctl(_ words: [String]) throws -> Programs.Outcome {
        try Programs.run("clvctl", ["--socket", socket] + words)
    }

    /// What `clvctl --json` prints.
    func ask<Answer: Decodable>(_ type: Answer.Type, _ words: [String]) throws -> Answer {
        let outcome = try clvctl(["--json"] + words)
        // What it says on standard error stands around the one line.
        let line = outcome.text.split(separator: "\n").first { $0.hasPrefix("{") } ?? ""
        do { return try JSONCoding.decode(type, from: Array(line.utf8)) } catch {
            throw Surprise("clvctl \(words) said: \(outcome.text)\n\(logTail)")
        }
    }

    /// Starts a run by hand, or joins the one that waits; gives its id.
    func run(asOf day: String = Shop.lastDay, retrain: Bool = false) throws -> String {
        let words = ["run", Site.job, "--detach", "--as-of", day] + (retrain ? ["--retrain"] : [])
        return try ask(StartAnswer.self, words).runID
    }

    func runs() throws -> [Run] { try ask(RunsAnswer.self, ["runs", "--limit", "1000"]).runs }

    func run(_ id: String) throws -> Run {
        let request = request(Route.run.path(["run": id]))
        let answer = try HTTPClient(socketPath: socket).send(request)
        return try JSONCoding.decode(RunAnswer.self, from: answer.body).run
    }

    /// Waits for a state of the run.
    func wait(for state: RunState, of id: String, seconds: Double = 120) throws -> Run {
        try waitFor("run \(id) to be \(state)", seconds: seconds, context: { self.logTail }) {
            let run = try run(id)
            if run.state == state { return run }
            guard !run.state.isOver || !state.isOver else {
                throw Surprise("run \(id) is \(run.state), not \(state)\n\(logTail)")
            }
            return nil
        }
    }

    /// Waits until the run waits for the given attempt, or has begun it.
    func waitForAttempt(_ attempt: Int, of id: String) throws -> Run {
        try waitFor("attempt \(attempt) of \(id)", seconds: 120, context: { self.logTail }) {
            let run = try run(id)
            // Its delay may have been so short that it has begun already; it keeps the error.
            return run.attempt == attempt && !run.state.isOver ? run : nil
        }
    }

    /// Waits for the first run, and sees to it that there is one only.
    func onlyRun() throws -> String {
        let runs: [Run] = try waitFor("a run", context: { self.logTail }) {
            let found = try self.runs()
            return found.isEmpty ? nil : found
        }
        guard runs.count == 1 else { throw Surprise("\(runs.count) runs\n\(logTail)") }
        return runs[0].runID
    }

    /// Runs the job to its good end.
    @discardableResult
    func succeed(asOf day: String = Shop.lastDay, retrain: Bool = false) throws -> Run {
        try wait(for: .succeeded, of: run(asOf: day, retrain: retrain))
    }

    /// Waits until the worker says that a stage began; false when that was over already.
    @discardableResult
    func reach(_ stage: Stage, of id: String) throws -> Bool {
        var found: StageProgress.State?
        let request = request(Route.runEvents.path(["run": id]), timeoutSeconds: 120)
        do {
            _ = try HTTPClient(socketPath: socket).stream(request) { line in
                guard let event = try? JSONCoding.decode(RunEvent.self, from: line) else {
                    return true
                }
                let steps = (event.run?.stages ?? []) + [event.stage].compactMap { $0 }
                let step = steps.last { $0.stage == stage }
                if let step, step.state != .waiting { found = step.state }
                return found == nil
            }
        } catch {
            throw Surprise("run \(id) did not come to \(stage): \(error)\n\(logTail)")
        }
        guard let found else {
            throw Surprise("run \(id) ended before \(stage)\n\(logTail)")
        }
        return found == .running
    }

    private func request(_ path: String, timeoutSeconds: Double = 30) -> HTTPClient.Request {
        HTTPClient.Request(
            method: "GET",
            path: path,
            headers: [(Route.apiHeader, Route.apiVersion)],
            timeoutSeconds: timeoutSeconds
        )
    }
}
