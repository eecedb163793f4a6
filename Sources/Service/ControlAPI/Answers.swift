package import Configuration
package import Domain
import JSONCoding

/// `GET /v1/version`.
package struct VersionAnswer: Codable, Hashable, Sendable {
    package var schema = "clvctl.version/1"
    package var exitCode = CommandExit.fine
    package var version: String
    package var api: String

    package init(version: String, api: String) {
        self.version = version
        self.api = api
    }

    private enum CodingKeys: String, CodingKey {
        case schema, version, api
        case exitCode = "exit_code"
    }
}

/// The service itself.
package struct ServiceStatus: Codable, Hashable, Sendable {
    package var version: String
    package var pid: Int32
    package var startedAt: Instant
    package var uptimeSeconds: Int
    package var tenants: Int
    /// Which applied configuration this is, from 1.
    package var generation: Int
    package var configuration: String
    /// Why every job is held; nil when all is well.
    package var suspension: ProblemReport?

    package init(
        version: String,
        pid: Int32,
        startedAt: Instant,
        uptimeSeconds: Int,
        tenants: Int,
        generation: Int,
        configuration: String,
        suspension: ProblemReport? = nil
    ) {
        self.version = version
        self.pid = pid
        self.startedAt = startedAt
        self.uptimeSeconds = uptimeSeconds
        self.tenants = tenants
        self.generation = generation
        self.configuration = configuration
        self.suspension = suspension
    }

    private enum CodingKeys: String, CodingKey {
        case version, pid, tenants, generation, configuration, suspension
        case startedAt = "started_at"
        case uptimeSeconds = "uptime_seconds"
    }
}

/// `GET /v1/status`.
package struct StatusAnswer: Codable, Hashable, Sendable {
    package enum Health: String, Codable, Sendable { case ok, degraded, failing }

    /// A tenant whose configuration cannot be used.
    package struct BrokenTenant: Codable, Hashable, Sendable {
        package var tenant: String
        package var problem: ProblemReport

        package init(tenant: String, problem: ProblemReport) {
            self.tenant = tenant
            self.problem = problem
        }
    }

    package var schema = "clvctl.status/1"
    package var exitCode: CommandExit
    package var health: Health
    package var service: ServiceStatus
    /// How many jobs are in each state that occurs, by its word.
    package var counts: [String: Int]
    package var jobs: [JobStatus]
    package var brokenTenants: [BrokenTenant]

    package init(service: ServiceStatus, jobs: [JobStatus], brokenTenants: [BrokenTenant]) {
        self.init(service: service, states: jobs.map(\.state), brokenTenants: brokenTenants)
        self.jobs = jobs
    }

    /// The answer without the jobs themselves.
    private init(service: ServiceStatus, states: [JobState], brokenTenants: [BrokenTenant]) {
        self.service = service
        self.brokenTenants = brokenTenants
        jobs = []
        counts = Dictionary(grouping: states, by: \.rawValue).mapValues(\.count)
        let exits = states.map(\.exit)
        if exits.contains(.failed) {
            (health, exitCode) = (.failing, .failed)
        } else if exits.contains(.degraded) || !brokenTenants.isEmpty {
            (health, exitCode) = (.degraded, .degraded)
        } else {
            (health, exitCode) = (.ok, .fine)
        }
    }

    /// The answer as JSON, of jobs that are JSON already.
    package static func json(
        service: ServiceStatus,
        jobs: [WrittenJob],
        brokenTenants: [BrokenTenant]
    ) throws -> [UInt8] {
        let frame = StatusAnswer(
            service: service,
            states: jobs.map(\.state),
            brokenTenants: brokenTenants
        )
        let bytes = try JSONCoding.encode(frame)
        // Inside a string the quotation marks would be escaped.
        let place = Array(#""jobs":[]"#.utf8)
        guard let found = bytes.firstRange(of: place) else { return bytes }
        let end = found.upperBound - 1
        var json = Array(bytes[..<end])
        json.reserveCapacity(bytes.count + jobs.reduce(0) { $0 + $1.json.count + 1 })
        for (index, job) in jobs.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            json += job.json
        }
        json += bytes[end...]
        return json
    }

    /// A `JobStatus` as JSON, and what the answer as a whole needs of it.
    package struct WrittenJob: Sendable {
        let state: JobState
        let json: [UInt8]

        package init(_ job: JobStatus) throws {
            state = job.state
            json = try JSONCoding.encode(job)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case schema, health, service, counts, jobs
        case exitCode = "exit_code"
        case brokenTenants = "broken_tenants"
    }
}

/// `GET /v1/jobs/{tenant}/{job}`.
package struct JobAnswer: Codable, Hashable, Sendable {
    package var schema = "clvctl.job/1"
    package var exitCode: CommandExit
    package var job: JobStatus
    /// The newest first.
    package var runs: [Run]
    package var models: [ModelVersion]
    package var next: [NextRun]

    package init(job: JobStatus, runs: [Run], models: [ModelVersion], next: [NextRun]) {
        self.job = job
        self.runs = runs
        self.models = models
        self.next = next
        exitCode = job.state.exit
    }

    private enum CodingKeys: String, CodingKey {
        case schema, job, runs, models, next
        case exitCode = "exit_code"
    }
}

/// The body of `POST /v1/jobs/{tenant}/{job}/runs`; an empty body means the defaults.
package struct StartRequest: Codable, Hashable, Sendable {
    package var retrain: Bool
    package var asOf: Day?

    package init(retrain: Bool = false, asOf: Day? = nil) {
        self.retrain = retrain
        self.asOf = asOf
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        retrain = try container.decodeIfPresent(Bool.self, forKey: .retrain) ?? false
        asOf = try container.decodeIfPresent(Day.self, forKey: .asOf)
    }

    private enum CodingKeys: String, CodingKey {
        case retrain
        case asOf = "as_of"
    }
}

/// The 202 of `POST /v1/jobs/{tenant}/{job}/runs`.
package struct StartAnswer: Codable, Hashable, Sendable {
    package var schema = "clvctl.started/1"
    package var exitCode = CommandExit.fine
    package var runID: String
    /// False when the job already had a queued or running run that does the same.
    package var isNew: Bool

    package init(runID: String, isNew: Bool) {
        self.runID = runID
        self.isNew = isNew
    }

    private enum CodingKeys: String, CodingKey {
        case schema
        case exitCode = "exit_code"
        case runID = "run_id"
        case isNew = "is_new"
    }
}

/// `GET /v1/runs`; the newest first.
package struct RunsAnswer: Codable, Hashable, Sendable {
    package var schema = "clvctl.runs/1"
    package var exitCode = CommandExit.fine
    package var runs: [Run]

    package init(runs: [Run]) { self.runs = runs }

    private enum CodingKeys: String, CodingKey {
        case schema, runs
        case exitCode = "exit_code"
    }
}

/// `GET` and `DELETE /v1/runs/{run}`; the latter's run may still be stopping.
package struct RunAnswer: Codable, Hashable, Sendable {
    package var schema = "clvctl.run/1"
    package var exitCode: CommandExit
    package var run: Run

    package init(run: Run, exitCode: CommandExit? = nil) {
        self.run = run
        self.exitCode = exitCode ?? run.state.exit
    }

    private enum CodingKeys: String, CodingKey {
        case schema, run
        case exitCode = "exit_code"
    }
}

/// `GET /v1/jobs/{tenant}/{job}/next`.
package struct NextAnswer: Codable, Hashable, Sendable {
    package var schema = "clvctl.next/1"
    package var exitCode = CommandExit.fine
    package var tenant: String
    package var job: String
    package var timeZone: String
    package var next: [NextRun]
    /// Why there is none, where that is known.
    package var reason: String?
    /// Who says so; a `clvd` of an earlier version leaves it out.
    package var source: Source? = .clvd

    package enum Source: String, Codable, Sendable {
        case clvd
        /// Nobody was asked: holds, retries and missed runs are not known.
        case configuration
    }

    package init(tenant: String, job: String, timeZone: String, next: [NextRun]) {
        self.tenant = tenant
        self.job = job
        self.timeZone = timeZone
        self.next = next
    }

    private enum CodingKeys: String, CodingKey {
        case schema, tenant, job, next, reason, source
        case exitCode = "exit_code"
        case timeZone = "time_zone"
    }
}

/// `GET /v1/jobs/{tenant}/{job}/models`; the newest first.
package struct ModelsAnswer: Codable, Hashable, Sendable {
    package var schema = "clvctl.models/1"
    package var exitCode = CommandExit.fine
    package var tenant: String
    package var job: String
    package var models: [ModelVersion]

    package init(tenant: String, job: String, models: [ModelVersion]) {
        self.tenant = tenant
        self.job = job
        self.models = models
    }

    private enum CodingKeys: String, CodingKey {
        case schema, tenant, job, models
        case exitCode = "exit_code"
    }
}

/// `POST /v1/reload`, which answers when the new configuration is applied or refused.
package struct ReloadAnswer: Codable, Hashable, Sendable {
    package var schema = "clvctl.reload/1"
    package var exitCode: CommandExit
    /// Whether the new configuration is in use; else the old one is kept.
    package var ok: Bool
    package var generation: Int
    package var diagnostics: [ConfigurationDiagnostic]

    package init(ok: Bool, generation: Int, diagnostics: [ConfigurationDiagnostic]) {
        self.ok = ok
        self.generation = generation
        self.diagnostics = diagnostics
        exitCode = ok ? .fine : .configuration
    }

    private enum CodingKeys: String, CodingKey {
        case schema, ok, generation, diagnostics
        case exitCode = "exit_code"
    }
}

/// One thing that is wrong with the configuration, as `terraform validate` shapes it.
package struct ConfigurationDiagnostic: Codable, Hashable, Sendable {
    package struct Position: Codable, Hashable, Sendable {
        package var line: Int
        package var column: Int

        package init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }
    }

    /// `error` or `warning`.
    package var severity: String
    package var summary: String
    package var fix: String?
    package var filename: String
    package var start: Position?
    /// The whole as people read it: place, line, caret, suggestion.
    package var text: String

    package init(
        severity: String,
        summary: String,
        fix: String?,
        filename: String,
        start: Position?,
        text: String
    ) {
        self.severity = severity
        self.summary = summary
        self.fix = fix
        self.filename = filename
        self.start = start
        self.text = text
    }

    package init(_ diagnostic: Diagnostic) {
        severity = diagnostic.severity.rawValue
        summary = diagnostic.summary
        fix = diagnostic.fix ?? diagnostic.hint ?? diagnostic.expected
        filename = diagnostic.file
        start = diagnostic.line.map { Position(line: $0, column: diagnostic.column ?? 1) }
        text = diagnostic.description
    }
}
