package import Postgres

/// One thing that must hold of the role that publishes, and what is wrong with it.
package struct AccessCheck: Sendable {
    package struct Finding: Sendable {
        package let what: String
        package let fix: String?

        package init(_ what: String, fix: String?) {
            self.what = what
            self.fix = fix
        }
    }

    /// What holds when nothing was found.
    package let claim: String
    package let findings: [Finding]

    package init(_ claim: String, _ findings: [Finding]) {
        self.claim = claim
        self.findings = findings
    }

    /// Looks at everything that a tenant's role may be too mighty or too weak in.
    ///
    /// `connection` is a session of that role: the catalogues tell it all about itself.
    package static func all(
        of destination: Destination,
        on connection: Connection
    ) throws -> [AccessCheck] {
        let questions = AccessQuestions(destination)
        return try connection.transaction(.readOnlySnapshot) {
            try questions.all.map { claim, query in
                let rows = try connection.execute(query)
                return AccessCheck(
                    claim,
                    (0..<rows.count).map { Finding(rows[$0, 0] ?? "", fix: rows[$0, 1]) }
                )
            }
        }
    }
}
