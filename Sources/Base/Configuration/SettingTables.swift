/// All keys of the configuration, in the order of the reference files.
package enum SettingTables {
    static let exportPath = SettingKey(
        "export_path",
        .text(.absolutePath),
        .value("\"/var/lib/clvd/models\""),
        "Where fitted models are stored."
    )
    static let slots = SettingKey(
        "slots",
        .integer(1...1024),
        .value("1"),
        "How many runs may go on at once."
    )
    static let tenantSlots = SettingKey(
        "tenant_slots",
        .integer(1...1024),
        .means("as many as there are slots"),
        example: "1",
        "How many runs of one tenant may go on at once."
    )
    static let databaseSlots = SettingKey(
        "database_slots",
        .integer(1...1024),
        .means("as many as there are slots"),
        example: "2",
        "How many runs may go on at once against one database server."
    )
    static let memory = SettingKey(
        "memory",
        .text(.size),
        .means("four fifths of the machine's"),
        example: "\"4GiB\"",
        "What all runs may need together, by the peaks of earlier ones; a run that does not fit waits."
    )
    static let program = SettingKey(
        "program",
        .text(.absolutePath),
        .means("beside clvd, then in /usr/libexec/clvd"),
        example: "\"/opt/clvd/clv-worker\"",
        "Where the worker is."
    )
    static let launcher = SettingKey(
        "launcher",
        .texts(.words),
        .value("[]"),
        "Words put before the worker's command line, such as [\"srun\", \"--cpus-per-task=2\"]."
    )
    static let stopTimeout = SettingKey(
        "stop_timeout",
        .integer(1...3600),
        .value("30"),
        "Seconds between asking a worker to stop and killing it."
    )
    package static let workers = SettingTable(
        header: "[workers]",
        keys: [slots, tenantSlots, databaseSlots, memory, program, launcher, stopTimeout],
        documentation: "The processes that do the runs."
    )

    static let historyRuns = SettingKey(
        "runs",
        .integer(10...100_000),
        .value("200"),
        "How many runs of a job are remembered."
    )
    static let historyDays = SettingKey(
        "days",
        .integer(1...36_500),
        .value("400"),
        "For how many days they and their checks are remembered; the last good run of a job that is "
            + "there always is."
    )
    package static let history = SettingTable(
        header: "[history]",
        keys: [historyRuns, historyDays],
        documentation: "What the service remembers of each job."
    )
    static let historyKey = SettingKey(
        "history",
        .table(history),
        .means("the defaults below"),
        history.documentation
    )

    static let workersKey = SettingKey(
        "workers",
        .table(workers),
        .means("the defaults below"),
        workers.documentation
    )
    static let tenantsKey = SettingKey(
        "tenants",
        .tables(tenantInPlace),
        .means("the files in tenants.d"),
        "Tenants that have no file of their own."
    )
    /// The whole of `clvd.toml`.
    package static let service = SettingTable(
        header: "clvd.toml",
        keys: [exportPath, workersKey, historyKey, tenantsKey],
        documentation: "What concerns the service and no tenant."
    )

    static let name = SettingKey(
        "name",
        .text(.name),
        .error,
        example: "\"acme\"",
        "The tenant's name in commands, tables and paths."
    )
    static let timeZone = SettingKey(
        "time_zone",
        .text(.timeZone),
        .error,
        example: "\"Europe/Berlin\"",
        "Where its days begin and its schedules hold."
    )
    static let currency = SettingKey(
        "currency",
        .text(.currency),
        .means("amounts are shown without one"),
        example: "\"EUR\"",
        "The currency of its amounts."
    )
    package static let tenant = SettingTable(
        header: "[tenant]",
        keys: [name, timeZone, currency],
        documentation: "A company whose customers are forecast."
    )

    static let tenantKey = SettingKey("tenant", .table(tenant), .error, tenant.documentation)
    static let sourceKey = SettingKey("source", .table(source), .error, source.documentation)
    static let destinationKey = SettingKey(
        "destination",
        .table(destination),
        .means("the source's database"),
        destination.documentation
    )
    static let jobsKey = SettingKey("jobs", .tables(job), .error, job.documentation)
    /// The whole of a tenant's file.
    package static let tenantFile = SettingTable(
        header: "a tenant's file",
        keys: [tenantKey, sourceKey, destinationKey, jobsKey],
        documentation: "One tenant."
    )
    /// A tenant in `clvd.toml`, with the keys of `[tenant]` directly in it.
    static let tenantInPlace = SettingTable(
        header: "[[tenants]]",
        keys: tenant.keys + [sourceKey, destinationKey, jobsKey],
        documentation: "One tenant."
    )
}
