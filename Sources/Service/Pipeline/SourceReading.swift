import Cleaning
import Configuration
import Domain
import Glibc
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
            spooling: settings.job.timing.memoryLimit.map {
                Spooling(memoryLimit: $0, folder: SourceReading.temporaryFolder)
            },
            zoneDay: { [zone = run.zone] in zone.day(of: $0) }
        )
        connect = run.opener(of: settings.source.connection)
    }

    /// The rows come back in parts when the job's `memory_limit` is too small for all at once.
    func read() throws -> SourceRows { try source.read(from: try connect()) }

    private static var temporaryFolder: String {
        unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? Spooling.usualFolder
    }
}

extension SourceRows {
    /// Cleans them, part by part where they are in parts.
    consuming func cleaned(by rules: CleaningRules) throws -> CleanedPurchases {
        var cleaning = CleaningInParts(by: rules)
        try forEachPart { part in
            try Cancellation.check()
            cleaning.add(part)
        }
        return try cleaning.finish()
    }
}
