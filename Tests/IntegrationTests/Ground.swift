import ControlAPI
import Domain
import Glibc
import TestSupport
import Testing
import WorkerContract

/// What is killed.
enum Victim: String, CaseIterable, CustomStringConvertible {
    case worker, service, server
    /// The server, by an administrator.
    case restart
    /// The sessions of the worker, by `pg_terminate_backend`.
    case sessions

    var description: String { rawValue }
}

/// A site on a server of its own where one run after another loses something, to kill -9 for the most
/// part, while a reader reads.
final class Ground {
    /// What happened.
    struct Tally: CustomStringConvertible {
        var kills = 0
        /// How often the worker was at the wanted step.
        var hits = 0
        var retries = 0
        var reads = 0

        var description: String {
            "\(kills) kills, \(hits) at the step aimed at, \(retries) runs tried again, "
                + "\(reads) reads, all of whole forecasts"
        }
    }

    private(set) var tally = Tally()
    private let cluster: PrivateCluster
    private let site: Site
    private let reader: ForecastReader
    private let reading: InThread<Void>
    private var days = 0
    /// How long the last run that nobody disturbed took.
    private var seconds = 0.0

    init(shop: Shop) throws {
        cluster = try PrivateCluster()
        let database = try TestDatabase(in: cluster)
        try shop.load(into: database)
        site = try Site(database)
        reader = ForecastReader(database)
        reading = reader.start()
        try site.start()
        seconds = try site.succeed(asOf: nextDay(), retrain: true).seconds ?? 1
    }

    deinit { reader.stop() }

    /// Another as-of day, so that no two publications are equal.
    private func nextDay() -> String {
        days += 1
        return "\((Day(Shop.lastDay) ?? Day(number: 0)) + -days)"
    }

    /// Kills at a step of a run, and sees the run to its end.
    func kill(_ victim: Victim, at stage: Stage) throws {
        let day = nextDay()
        let id = try site.run(asOf: day, retrain: true)
        try site.reach(stage, of: id)
        let worker = site.worker
        // While it stands still, what it said last arrives.
        if let worker { Glibc.kill(worker, SIGSTOP) }
        usleep(30_000)
        let step = try site.run(id).stages.last { $0.state == .running }
        tally.hits += step?.stage == stage ? 1 : 0
        if let worker { Glibc.kill(worker, SIGCONT) }
        try strike(victim)
        try recover(id, asOf: day)
    }

    /// Kills at a moment of a run, as a part of how long one takes.
    func kill(_ victim: Victim, after moment: Double) throws {
        let day = nextDay()
        let id = try site.run(asOf: day, retrain: true)
        usleep(UInt32(moment * seconds * 1e6))
        try strike(victim)
        try recover(id, asOf: day)
    }

    private func strike(_ victim: Victim) throws {
        tally.kills += 1
        switch victim {
        case .worker: if let worker = site.worker { Glibc.kill(worker, SIGKILL) }
        case .service:
            try site.killServiceAndAwaitWorker()
            try site.start()
        case .server:
            try cluster.kill()
            try cluster.start()
        case .restart:
            try cluster.stop()
            try cluster.start()
        case .sessions: try site.terminateSessions()
        }
    }

    /// Waits for the good end of the run; nobody here waits for the next attempt.
    private func recover(_ id: String, asOf day: String) throws {
        let run = try waitFor("the end of run \(id)", seconds: 300, context: { site.logTail }) {
            let run = try site.run(id)
            if run.state == .queued, run.retryAt != nil {
                // Its time may have come just before: then it is refused, or was another run.
                let joined = try? site.run(asOf: day)
                if let joined, joined != id { _ = try site.wait(for: .succeeded, of: joined) }
            }
            return run.state.isOver ? run : nil
        }
        guard run.state == .succeeded else { throw Surprise("\(run)\n\(site.logTail)") }
        tally.retries += run.attempt > 1 ? 1 : 0
        guard try site.published() == [day] else { throw Surprise("\(day) is not published") }
        try site.expectAllInOrder()
    }

    /// Ends the reading and looks at all that was read.
    func close() throws {
        reader.stop()
        try reading.value()
        tally.reads = reader.answers.values.reduce(0, +)
        try site.expectAllInOrder(readBy: reader)
    }
}
