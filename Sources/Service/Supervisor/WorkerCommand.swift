import Configuration
import Domain
import JSONCoding
import Scheduling
import Subprocess
import WorkerContract

/// How the worker of a run is started.
struct WorkerCommand {
    private let service: ServiceSettings
    private let environment: [String: String]

    init(_ service: ServiceSettings, _ environment: [String: String]) {
        self.service = service
        self.environment = environment
    }

    func command(
        _ run: ScheduledRun,
        _ job: ConfiguredJob,
        isCheck: Bool = false
    ) throws -> Command {
        let worker = try WorkerLocation.find(given: service.workers.program)
        let words = service.workers.launcher + [worker]
        var variables = variables
        // What a test lets go wrong does so once, not at every attempt.
        if run.attempt == 1, run.interruptions == 0 { variables += faults }
        var command = Command(words[0], Array(words.dropFirst()), environment: variables)
        command.input = .pipe(holding: try JSONCoding.encode(plan(run, job, isCheck)) + [10])
        command.output = .pipe
        command.errors = .pipe
        command.ownGroup = true
        command.nonBlocking = true
        return command
    }

    private func plan(_ run: ScheduledRun, _ job: ConfiguredJob, _ isCheck: Bool) -> Plan {
        Plan(
            runID: run.id,
            tenant: run.key.tenant,
            job: run.key.job,
            asOf: run.asOf,
            dueAt: run.dueAt,
            attempt: run.attempt,
            reasons: run.reasons,
            retrain: run.retrain,
            store: service.exportPath,
            work: isCheck ? .check(job.settings) : .run(job.settings)
        )
    }

    /// What a worker may know of ours: how to find programs and databases, and nothing else.
    private var variables: [String] {
        let passed = environment.filter { name, _ in
            WorkerCommand.passed.contains(name) || name.hasPrefix("PG")
        }
        let own = [
            // The run's parallelism is its own; the library would start threads when it is loaded.
            "OPENBLAS_NUM_THREADS": "1",
            "CLVD_LOG_PRIORITY": "1",
        ]
        return passed.merging(own) { _, ours in ours }.map { "\($0)=\($1)" }.sorted()
    }

    private var faults: [String] {
        ["CLVD_FAULT", "CLVD_FAULT_LOG"].compactMap { name in
            environment[name].map { "\(name)=\($0)" }
        }
    }

    private static let passed: Set<String> = [
        "PATH", "HOME", "LANG", "CREDENTIALS_DIRECTORY", "SWIFT_BACKTRACE",
    ]
}
