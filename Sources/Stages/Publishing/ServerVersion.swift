import Domain
import Postgres

/// Which servers forecasts can be published on; a source may be older.
package enum ServerVersion {
    /// Of 15 are views with the rights of their reader, and keys in which NULL is one value; of 14 is
    /// the removal of a partition that holds no reader up.
    private static let oldest = 15

    /// Throws where the server is too old.
    static func demand(on connection: Connection) throws {
        let rows = try connection.execute("SELECT current_setting('server_version_num')")
        if let refusal = refusal(of: rows.integer(0, 0) ?? 0, database: connection.database) {
            throw refusal
        }
    }

    /// Why nothing can be published on a server with this `server_version_num`; nil when it can.
    package static func refusal(of number: Int, database: String) -> PublishingError? {
        guard number < oldest * 10_000 else { return nil }
        return PublishingError(
            "old_server",
            "the server of database \"\(database)\" is Postgres \(name(number)), "
                + "and forecasts need Postgres \(oldest) or later",
            fix: "upgrade the server, or name a database of a newer one in [destination]; "
                + "the source may stay where it is",
            .configuration
        )
    }

    /// As people write it: 14.11, and 9.6.24 before version 10.
    private static func name(_ number: Int) -> String {
        number >= 100_000
            ? "\(number / 10_000).\(number % 10_000)"
            : "\(number / 10_000).\(number / 100 % 100).\(number % 100)"
    }
}
