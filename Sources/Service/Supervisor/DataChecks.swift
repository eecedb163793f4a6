import Domain
import Glibc
import JSONCoding
import Scheduling
import Systemd
import WorkerContract

/// Looks at the data of jobs, one after the other: what only a database can tell about freshness.
///
/// A look is a worker with a `check` plan. It is no run: it changes nothing and leaves no record
/// but its answer.
final class DataChecks {
    private struct Question {
        var job: ConfiguredJob
        var answer: (Fact<DataLook>) -> Void
    }

    private unowned let supervisor: Supervisor
    private var waiting: [Question] = []
    private var worker: Worker?
    private var limit: Timer?
    private var count = 0
    private static let longestSeconds = 900.0

    init(_ supervisor: Supervisor) { self.supervisor = supervisor }

    func ask(about job: ConfiguredJob, answer: @escaping (Fact<DataLook>) -> Void) {
        waiting.append(Question(job: job, answer: answer))
        next()
    }

    func stop() {
        waiting = []
        worker?.send(signal: SIGTERM)
    }

    private func next() {
        guard worker == nil, !waiting.isEmpty else { return }
        let question = waiting.removeFirst()
        do { try start(question) } catch {
            let why = (error as? any Problem)?.message ?? "\(error)"
            question.answer(.unknown(why))
            next()
        }
    }

    private func start(_ question: Question) throws {
        let now = currentTime()
        count += 1
        let run = ScheduledRun(id: "check-\(count)", key: question.job.key, queuedAt: now)
        let command = try WorkerCommand(supervisor.configured.service, supervisor.environment)
            .command(run, question.job, isCheck: true)
        worker = try Worker(
            run,
            command: command,
            loop: supervisor.loop,
            patienceSeconds: supervisor.scheduler.policy.stopTimeoutSeconds,
            listener: Worker.Listener(
                event: { _, _, _ in },
                log: { [unowned self] in supervisor.relay($0, run) },
                end: { [unowned self] in ended(question, $0) }
            )
        )
        if limit == nil {
            limit = try supervisor.loop.timer { [unowned self] in worker?.send(signal: SIGKILL) }
        }
        try limit?.set(now + DataChecks.longestSeconds)
    }

    private func ended(_ question: Question, _ end: WorkerEnd) {
        worker = nil
        try? limit?.set(nil)
        switch (end.outcome, end.result?.data) {
        case (.succeeded, .some(let figures)):
            question.answer(.known(DataLook(figures, at: currentTime())))
        case (.failed(_, let error), _): question.answer(.unknown(error.message))
        case (.succeeded, nil): question.answer(.unknown("the look told nothing"))
        }
        next()
    }
}

extension DataLook {
    init(_ figures: RunResult.DataFigures, at now: Instant) {
        self.init(
            at: now,
            facts: DataFacts(
                newestPurchaseOn: figures.newestPurchaseOn,
                purchases: figures.purchases,
                customers: figures.customers
            ),
            newSinceFit: figures.newSinceFit
        )
    }
}
