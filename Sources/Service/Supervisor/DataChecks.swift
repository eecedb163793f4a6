import Domain
import Glibc
import JSONCoding
import Scheduling
import Systemd
import WorkerContract

/// Looks at the data of jobs: what only a database can tell about freshness.
///
/// A look is a worker with a `check` plan. It is no run: it changes nothing and leaves no record
/// but its answer. Looks take places beside those of runs, as many as runs have and one for each
/// tenant, so that a database that hangs keeps only its own tenant waiting.
final class DataChecks {
    private struct Question {
        var job: ConfiguredJob
        var answer: (Fact<DataLook>) -> Void
    }

    private struct Look {
        var worker: Worker
        var limit: Delay
        var isLate = false
    }

    private unowned let supervisor: Supervisor
    private var waiting: [Question] = []
    private var looks: [JobKey: Look] = [:]
    private var isStopping = false
    private var count = 0
    private static let longestSeconds = 300.0

    init(_ supervisor: Supervisor) { self.supervisor = supervisor }

    var isIdle: Bool { looks.isEmpty }

    func ask(about job: ConfiguredJob, answer: @escaping (Fact<DataLook>) -> Void) {
        waiting.append(Question(job: job, answer: answer))
        next()
    }

    /// Drops what waits, and asks the workers to end; those that do not are killed.
    ///
    /// Nothing is answered: the next start asks again.
    func stop() {
        isStopping = true
        waiting = []
        for look in looks.values {
            look.worker.send(signal: SIGTERM)
            try? look.limit.set(seconds: supervisor.scheduler.policy.stopTimeoutSeconds)
        }
    }

    /// What becomes of the question about a job, in words.
    func sentence(for key: JobKey) -> String {
        looks[key] == nil
            ? "its data wait to be looked at, behind \(looks.count) looks that go on"
            : "its data are being looked at"
    }

    private func next() {
        while !isStopping, looks.count < supervisor.scheduler.policy.slots,
            let index = waiting.firstIndex(where: { !isBusy($0.job.key.tenant) })
        {
            let question = waiting.remove(at: index)
            do { try start(question) } catch {
                let why = (error as? any Problem)?.message ?? "\(error)"
                question.answer(.unknown(why))
            }
        }
    }

    private func isBusy(_ tenant: String) -> Bool { looks.keys.contains { $0.tenant == tenant } }

    private func start(_ question: Question) throws {
        let key = question.job.key
        count += 1
        let run = ScheduledRun(id: "check-\(count)", key: key, queuedAt: currentTime())
        let command = try WorkerCommand(supervisor.configured.service, supervisor.environment)
            .command(run, question.job, isCheck: true)
        let limit = try supervisor.loop.delay { [unowned self] in
            looks[key]?.isLate = true
            looks[key]?.worker.send(signal: SIGKILL)
        }
        let worker = try Worker(
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
        looks[key] = Look(worker: worker, limit: limit)
        try limit.set(seconds: DataChecks.longestSeconds)
    }

    private func ended(_ question: Question, _ end: WorkerEnd) {
        let look = looks.removeValue(forKey: question.job.key)
        if isStopping { return }
        defer { next() }
        if look?.isLate == true {
            let seconds = Int(DataChecks.longestSeconds)
            return question.answer(.unknown("the look took longer than \(seconds) seconds"))
        }
        switch (end.outcome, end.result?.data) {
        case (.succeeded, .some(let figures)):
            question.answer(.known(DataLook(figures, at: currentTime())))
        case (.failed(_, let error), _): question.answer(.unknown(error.message))
        case (.succeeded, nil): question.answer(.unknown("the look told nothing"))
        }
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
