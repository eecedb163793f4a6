import Configuration
import Domain
import Ingestion
import Postgres
import Scheduling

/// The tenant's query, read over a session of its own that ends with the reading.
struct SourceReading {
    private let source: PostgresSource
    private let connect: @Sendable () throws -> Connection

    init(_ run: JobRun) {
        let settings = run.settings
        source = PostgresSource(
            query: settings.source.query,
            columns: settings.source.columns,
            timeZone: settings.timeZone,
            originalsKept: settings.job.rejectedRowsKept,
            zoneDay: { [zone = run.zone] in zone.day(of: $0) }
        )
        connect = run.opener(of: settings.source.connection)
    }

    func read() throws -> PurchaseRows { try source.read(from: try connect()) }
}
