import Configuration
import ControlAPI
import Domain
import WorkerContract

let databaseGrantsCommand = CommandDefinition(
    "db grants",
    .setUp,
    arguments: ["TENANT"],
    "print the SQL that gives a tenant's role the rights that it needs and no others",
    examples: [
        "clvctl db grants acme | sudo -u postgres psql shop",
        "clvctl db grants acme --reader | sudo -u postgres psql shop",
    ],
    options: [
        .init("role", value: "NAME", "the role; the user of the connector unless told"),
        .init("reader", "for role clv_reader, or --role: it reads the forecasts of all tenants"),
        .configuration, .json, .worker,
    ],
    notes: [
        "Changes nothing itself. Looks at the database as [destination] admin_connector when there "
            + "is one.",
        "The SQL is for psql and can be run again. Then: clvctl db check TENANT.",
        "Several tenants share a database best that is theirs alone: from the second tenant on the "
            + "SQL takes the languages sql and plpgsql from PUBLIC, and gives them to the roles "
            + "that exist and are no tenant's.",
    ]
) { arguments, surroundings throws(CommandFailure) in
    let work = TenantWork(arguments: arguments, surroundings: surroundings)
    guard let name = arguments.positionals.first else {
        throw .usage("db grants needs a tenant", fix: "clvctl db grants TENANT")
    }
    let tenant = try work.tenant(name)
    let report = try work.report(of: .grants, for: tenant) {
        $0.source = tenant.source
        $0.role = arguments.value("role")
        $0.isForReaders = arguments.has("reader")
    }
    let script = report.script ?? ""
    if arguments.has("json") {
        surroundings.out.json(GrantsAnswer(tenant: name, sql: script))
    } else {
        surroundings.out.writeBytes(Array((script + "\n").utf8))
    }
    return .fine
}

/// `clvctl db grants --json`.
private struct GrantsAnswer: Codable {
    var schema = "clvctl.db_grants/1"
    var exitCode = CommandExit.fine
    var tenant: String
    var sql: String

    init(tenant: String, sql: String) {
        self.tenant = tenant
        self.sql = sql
    }

    private enum CodingKeys: String, CodingKey {
        case schema, tenant, sql
        case exitCode = "exit_code"
    }
}

let databaseCheckCommand = CommandDefinition(
    "db check",
    .setUp,
    arguments: ["[TENANT]"],
    "prove that a tenant's role can do what runs need, and nothing else",
    examples: ["clvctl db check acme", "clvctl db check --json"],
    options: [.configuration, .json, .worker],
    notes: [
        "Connects as runs do. Ends with 1 when something fails: also where one role owns everything, "
            + "as the quickstart sets it up. What only warns does not fail.",
        "All tenants unless one is named; a tenant that fails does not stop the others.",
    ]
) { arguments, surroundings throws(CommandFailure) in
    let work = TenantWork(arguments: arguments, surroundings: surroundings)
    var answer = CheckAnswer()
    for tenant in try work.tenants(named: arguments.positionals.first) {
        var line = CheckAnswer.Tenant(tenant: tenant.name)
        do throws(CommandFailure) {
            line.checks = try work.report(of: .check, for: tenant) { $0.source = tenant.source }
                .checks.map(CheckAnswer.Check.init)
            if line.checks.contains(where: \.fails) { answer.exitCode = .failed }
        } catch {
            if error.exit == .interrupted { throw error }
            line.error = error.report
            answer.exitCode = error.exit
        }
        answer.tenants.append(line)
        if !arguments.has("json") { line.show(surroundings) }
    }
    if arguments.has("json") { surroundings.out.json(answer) }
    return answer.exitCode
}

/// `clvctl db check --json`.
private struct CheckAnswer: Codable {
    struct Check: Codable {
        var ok: Bool
        var claim: String
        var findings: [DatabaseReport.Check.Finding]
        /// True when a finding does not make the command fail; else left out.
        var warning: Bool?

        var fails: Bool { !ok && warning != true }

        init(_ check: DatabaseReport.Check) {
            warning = check.warning
            ok = check.findings.isEmpty
            claim = check.claim
            findings = check.findings
        }
    }

    struct Tenant: Codable {
        var tenant: String
        var checks: [Check] = []
        /// Left out when the checks could be made.
        var error: ProblemReport?

        init(tenant: String) { self.tenant = tenant }

        func show(_ surroundings: Surroundings) {
            let out = surroundings.out
            if let error {
                surroundings.err.problem(error, title: "\(tenant): ")
                return
            }
            out.line(tenant)
            for check in checks {
                let (style, mark): (Style, String) =
                    check.ok
                    ? (.green, "ok   ") : check.fails ? (.red, "fails") : (.yellow, "warns")
                out.line("  \(style.apply(mark, on: out.appearance))  \(check.claim)")
                for finding in check.findings.prefix(CheckAnswer.shownFindings) {
                    out.line("           \(printable(finding.what))")
                    if let fix = finding.fix { out.field("fix", fix, "           ") }
                }
                let rest = check.findings.count - CheckAnswer.shownFindings
                if rest > 0 { out.line("           and \(rest) more, see --json") }
            }
        }
    }

    /// An owner of everything has a right too many on every table.
    static let shownFindings = 3

    var schema = "clvctl.db_check/1"
    var exitCode = CommandExit.fine
    var tenants: [Tenant] = []

    private enum CodingKeys: String, CodingKey {
        case schema, tenants
        case exitCode = "exit_code"
    }
}
