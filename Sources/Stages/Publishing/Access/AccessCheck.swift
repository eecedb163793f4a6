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
    /// Whether what was found harms readers, and no tenant's secrets and no run.
    package let isWarning: Bool

    package init(_ claim: String, _ findings: [Finding], isWarning: Bool = false) {
        self.claim = claim
        self.findings = findings
        self.isWarning = isWarning
    }

    /// Looks at everything that a tenant's role may be too mighty or too weak in.
    ///
    /// `connection` is a session of that role: the catalogues tell it all about itself.
    package static func all(
        of destination: Destination,
        on connection: Connection
    ) throws -> [AccessCheck] {
        try ofCatalogue(destination, on: connection) + [
            VisibleRows(destination).check(on: connection)
        ]
    }

    /// What the catalogue tells, without a lock on any other tenant's table.
    package static func ofCatalogue(
        _ destination: Destination,
        on connection: Connection
    ) throws -> [AccessCheck] {
        let questions = AccessQuestions(destination)
        return try connection.transaction(.readOnlySnapshot) {
            // So the server names the schema of whatever it tells of.
            try connection.execute("SET LOCAL search_path = pg_catalog, pg_temp")
            let checks = try questions.all.map {
                AccessCheck($0, try findings(of: $1, on: connection))
            }
            let lockRoom = AccessCheck(
                "the server has room for the locks of who reads all tenants",
                try findings(of: questions.lockRoom, on: connection),
                isWarning: true
            )
            return checks + [lockRoom]
        }
    }

    private static func findings(
        of question: String,
        on connection: Connection
    ) throws -> [Finding] {
        let rows = try connection.execute(question)
        return (0..<rows.count).map { Finding(rows[$0, 0] ?? "", fix: rows[$0, 1]) }
    }
}
