import ControlAPI
import Domain
import Glibc
import HTTPClient
import JSONCoding

/// How fast a clvd answers while runs end: `clvbench control SOCKET [SECONDS [RUNS_PER_SECOND]]`.
///
/// One caller starts the jobs in turn, so many a second, and asks in between for everything that
/// people ask for; each request is a connection of its own, as it is of `clvctl`. The workers are
/// whatever the service was told to run.
struct ControlLoad {
    private let client: HTTPClient
    private let jobs: [[String: String]]
    private var times: [String: [Double]] = [:]
    private var refusals = 0

    private static let asked: [Route] = [
        .version, .job, .next, .models, .why, .checks, .runs, .status,
    ]

    init(socket: String) throws {
        client = HTTPClient(socketPath: socket)
        let answer = try client.send(.init(method: "GET", path: Route.status.path()))
        jobs = try JSONCoding.decode(StatusAnswer.self, from: answer.body).jobs.map {
            ["tenant": $0.tenant, "job": $0.job]
        }
    }

    static func run(_ words: [String]) throws {
        let numbers = words.compactMap { Double($0) }
        var load = try ControlLoad(socket: words.first ?? Route.socketPath)
        let seconds = numbers.first ?? 20
        let rate = numbers.dropFirst().first ?? 50
        let started = try load.run(for: seconds, startsPerSecond: rate)
        try load.tell(started, seconds)
    }

    /// - Returns: how many runs were started.
    private mutating func run(for length: Double, startsPerSecond rate: Double) throws -> Int {
        let begin = seconds()
        var started = 0
        var asked = 0
        while seconds() - begin < length {
            if seconds() - begin >= Double(started) / rate {
                try ask(.startRun, jobs[started % jobs.count])
                started += 1
            } else {
                let job = jobs[asked * 7 % jobs.count]
                try ask(ControlLoad.asked[asked % ControlLoad.asked.count], job)
                asked += 1
                usleep(1000)
            }
        }
        return started
    }

    private mutating func ask(_ route: Route, _ names: [String: String]) throws {
        let begin = seconds()
        let answer = try client.send(
            .init(method: route.method.rawValue, path: route.path(names))
        )
        times["\(route)", default: []].append((seconds() - begin) * 1000)
        if !answer.isSuccess { refusals += 1 }
    }

    private func tell(_ started: Int, _ length: Double) throws {
        let path = Route.runs.path(query: ["limit": "10000"])
        let answer = try client.send(.init(method: "GET", path: path))
        let runs = try JSONCoding.decode(RunsAnswer.self, from: answer.body).runs
        let good = runs.count { $0.state == .succeeded }
        print("runs: \(started) started in \(length) s, \(good) succeeded, \(refusals) refused")
        line("reads", times.filter { $0.key != "\(Route.startRun)" }.flatMap(\.value))
        line("changes", times["\(Route.startRun)"] ?? [])
        for (route, found) in times.sorted(by: { $0.key < $1.key }) { line(route, found) }
    }

    private func line(_ name: String, _ found: [Double]) {
        let sorted = found.sorted()
        func part(_ share: Double) -> Double {
            let place = Int((share * Double(sorted.count)).rounded(.up)) - 1
            return (sorted[max(0, place)] * 100).rounded() / 100
        }
        guard !sorted.isEmpty else { return }
        print(
            "\(name): \(sorted.count) requests, ms: half \(part(0.5)), 99 % \(part(0.99)), "
                + "all \(part(1))"
        )
    }
}
