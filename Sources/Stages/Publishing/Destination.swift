import Domain
package import Postgres

/// Where one job's forecasts land.
package struct Destination: Sendable {
    package let schema: String
    package let tenant: String
    package let job: String
    /// Opens another session; publishing needs up to three at once.
    package let connect: @Sendable () throws -> Connection

    package static let longestName = 1000

    /// Names are the users'; they are quoted wherever they meet SQL.
    package init(
        schema: String,
        tenant: String,
        job: String,
        connect: @escaping @Sendable () throws -> Connection
    ) throws(PublishingError) {
        for (what, name, limit) in [
            ("schema", schema, 63), ("tenant", tenant, Destination.longestName),
            ("job", job, Destination.longestName),
        ] where name.isEmpty || name.utf8.count > limit || name.utf8.contains(0) {
            throw PublishingError(
                "unusable_name",
                "\(what) name of \(name.utf8.count) bytes cannot be stored",
                fix: "use 1 to \(limit) bytes without a NUL character",
                .configuration
            )
        }
        self.schema = schema
        self.tenant = tenant
        self.job = job
        self.connect = connect
    }

    /// A table of the schema as SQL.
    func table(_ name: String) -> String { "\(quoted(identifier: schema)).\(name)" }
}
