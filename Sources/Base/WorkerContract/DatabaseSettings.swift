package import Configuration
package import Domain

/// Work on a tenant's schema: `clvctl db ...` and `clvctl publication ...`.
package struct DatabaseSettings: Codable, Hashable, Sendable {
    package enum Action: String, Codable, Sendable { case migrate, grants, check, rollback }

    package var action: Action
    package var destination: DestinationSettings
    package var source: SourceSettings?
    /// The migration to stop at, or the publication to go back to.
    package var number: Int?
    /// Do it, show it, and undo it.
    package var isDryRun = false
    /// Who gets the rights; nil: the role that runs connect as, or `clv_reader`.
    package var role: String?
    /// Rights to read and not to publish.
    package var isForReaders = false

    package init(action: Action, destination: DestinationSettings) {
        self.action = action
        self.destination = destination
    }
}

/// What came of it.
package struct DatabaseReport: Codable, Hashable, Sendable {
    /// A migration that was taken, or would be.
    package struct Step: Codable, Hashable, Sendable {
        package var number: Int
        package var name: String
        package var sql: String

        package init(number: Int, name: String, sql: String) {
            self.number = number
            self.name = name
            self.sql = sql
        }
    }

    /// Something that must hold; it does when nothing was found.
    package struct Check: Codable, Hashable, Sendable {
        package struct Finding: Codable, Hashable, Sendable {
            package var what: String
            package var fix: String?

            package init(what: String, fix: String?) {
                self.what = what
                self.fix = fix
            }
        }

        package var claim: String
        package var findings: [Finding]
        /// True when a finding is no reason to fail; else left out.
        package var warning: Bool?

        package init(claim: String, findings: [Finding], warning: Bool? = nil) {
            self.claim = claim
            self.findings = findings
            self.warning = warning
        }
    }

    /// The publication that readers saw, and the one that they see now.
    package struct Move: Codable, Hashable, Sendable {
        package var from: Int
        package var to: Int
        package var asOf: Day?

        package init(from: Int, to: Int, asOf: Day?) {
            self.from = from
            self.to = to
            self.asOf = asOf
        }
    }

    package var steps: [Step] = []
    package var checks: [Check] = []
    /// For psql.
    package var script: String?
    package var move: Move?

    package init() {}
}
