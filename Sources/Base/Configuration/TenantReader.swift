import Domain
import Scheduling

/// Reads one tenant, from its own file or from a `[[tenants]]` table.
struct TenantReader {
    private typealias Keys = SettingTables

    /// Of the file: where the paths of queries begin.
    let folder: String
    let now: Instant?
    var report: Report

    /// A tenant and where its name stands; the name alone when the rest cannot be used.
    struct Found {
        var name: String?
        var namePlace: Place?
        var settings: TenantSettings?
    }

    mutating func read(_ node: TOMLNode, isWholeFile: Bool) -> Found {
        let before = report.diagnostics.errors.count
        var found = Found()
        let place = isWholeFile ? nil : node.place
        // A table of `[[tenants]]` may also hold `[tenants.tenant]`, as the file would.
        let isNested = isWholeFile || node.has(Keys.tenantKey.name)
        let table = isNested ? Keys.tenantFile : Keys.tenantInPlace
        let root = TableReader(node, table, place: place, &report)
        let identity = isNested ? root.table(Keys.tenantKey, &report) : root
        if let identity {
            found.name = identity.text(Keys.name, &report)
            found.namePlace = identity.place(of: Keys.name)
        }
        let zone = identity?.text(Keys.timeZone, &report)
        let currency = identity?.text(Keys.currency, &report)
        let source = readSource(root.table(Keys.sourceKey, &report))
        let destination = readDestination(root.table(Keys.destinationKey, &report), source)
        let jobs = readJobs(root, zone)
        guard report.diagnostics.errors.count == before, let name = found.name, let zone,
            let source,
            let destination, let line = identity?.place?.line
        else { return found }
        found.settings = TenantSettings(
            name: name,
            timeZone: zone,
            currency: currency,
            source: source,
            destination: destination,
            jobs: jobs,
            origin: "\(report.source.file):\(line)"
        )
        return found
    }

    private mutating func readSource(_ reader: TableReader?) -> SourceSettings? {
        guard let reader else { return nil }
        _ = reader.text(Keys.dataSource, &report)
        let connection = readConnection(reader)
        if connection == nil {
            let header = reader.table.header
            report.add(
                Report.Complaint(
                    code: .missingKey,
                    summary: "\"connector\" is missing in \(header)",
                    expected: "expected: connector, or conninfo",
                    fix: "connector = \(Keys.connectorKey.example)"
                ),
                at: reader.place
            )
        }
        let query = readQuery(reader)
        let customer = reader.text(Keys.customer, &report)
        let time = reader.text(Keys.time, &report)
        let amount = reader.text(Keys.amount, &report)
        let order = reader.text(Keys.order, &report)
        refuseSharedColumns(reader, [customer, time, amount, order])
        let covariates = readCovariates(reader)
        guard let connection, let query, let customer, let time else { return nil }
        return SourceSettings(
            connection: connection,
            query: query,
            columns: ColumnSettings(
                customer: customer,
                time: time,
                amount: amount,
                order: order,
                covariates: covariates
            )
        )
    }

    /// Each column once.
    private mutating func readCovariates(_ reader: TableReader) -> [String] {
        var names: [String] = []
        for (name, place) in reader.texts(Keys.covariates, &report) ?? [] {
            if names.contains(name) {
                report.add(
                    Report.Complaint(
                        code: .duplicate,
                        summary: "column \"\(name)\" is named twice",
                        expected: "expected: each column once",
                        fix: "remove one of them"
                    ),
                    at: place
                )
            }
            names.append(name)
        }
        if names.count > ColumnSettings.covariatesMax {
            report.add(
                .cannotUse(
                    "a list of \(names.count) columns",
                    Keys.covariates.name,
                    expected: "at most \(ColumnSettings.covariatesMax)",
                    fix: "leave those that matter least"
                ),
                at: reader.place(of: Keys.covariates)
            )
        }
        return names
    }

    private mutating func refuseSharedColumns(_ reader: TableReader, _ columns: [String?]) {
        let keys = [Keys.customer, Keys.time, Keys.amount, Keys.order]
        for (index, column) in columns.enumerated() {
            guard let column, let earlier = columns[..<index].firstIndex(of: column) else {
                continue
            }
            report.add(
                Report.Complaint(
                    code: .contradiction,
                    summary:
                        "\"\(keys[index].name)\" names the column of \"\(keys[earlier].name)\"",
                    expected: "expected: another column than \"\(column)\"",
                    fix: "\(keys[index].name) = \(keys[index].example)"
                ),
                at: reader.place(of: keys[index])
            )
        }
    }

    private mutating func readDestination(
        _ reader: TableReader?,
        _ source: SourceSettings?
    ) -> DestinationSettings? {
        guard let reader else {
            return source.map { DestinationSettings(connection: $0.connection) }
        }
        let own = readConnection(reader)
        let admin = readConnector(reader.table(Keys.adminConnectorKey, &report))
        let schema = reader.text(Keys.schema, &report)
        let autoMigrate = reader.boolean(Keys.autoMigrate, &report)
        guard let connection = own ?? source?.connection else { return nil }
        var destination = DestinationSettings(connection: connection)
        destination.adminConnection = admin
        destination.schema = schema ?? destination.schema
        destination.autoMigrate = autoMigrate ?? destination.autoMigrate
        return destination
    }

    /// Nil when the table names no database, which a source must and a destination need not.
    private mutating func readConnection(_ reader: TableReader) -> ConnectionSettings? {
        let credential = reader.text(Keys.passwordCredential, &report)
        let file = reader.text(Keys.passwordFile, &report)
        refuseBoth(Keys.passwordCredential, Keys.passwordFile, reader)
        refuseBoth(Keys.connectorKey, Keys.conninfo, reader)
        let parts = readConnector(reader.table(Keys.connectorKey, &report))
        let conninfo = reader.text(Keys.conninfo, &report)
        let hasDatabase = reader[Keys.connectorKey] != nil || reader[Keys.conninfo] != nil
        guard hasDatabase else {
            for key in [Keys.passwordCredential, Keys.passwordFile] where reader[key] != nil {
                guard reader.table.header == Keys.destination.header else { break }
                report.add(
                    Report.Complaint(
                        code: .contradiction,
                        summary: "\"\(key.name)\" without a connection of its own",
                        expected: "expected: connector or conninfo in the same table; "
                            + "without them the source's connection is used",
                        fix: "remove it, or add connector = \(Keys.connectorKey.example)"
                    ),
                    at: reader[key]?.place
                )
            }
            return nil
        }
        var connection = parts ?? ConnectionSettings()
        connection.conninfo = conninfo
        connection.passwordCredential = credential
        connection.passwordFile = file
        return connection
    }

    private mutating func readConnector(_ reader: TableReader?) -> ConnectionSettings? {
        guard let reader else { return nil }
        var connection = ConnectionSettings()
        connection.server = reader.text(Keys.server, &report)
        connection.port = reader.integer(Keys.port, &report)
        connection.database = reader.text(Keys.database, &report)
        connection.user = reader.text(Keys.user, &report)
        if reader.table[Keys.passwordFile.name] != nil {
            connection.passwordCredential = reader.text(Keys.passwordCredential, &report)
            connection.passwordFile = reader.text(Keys.passwordFile, &report)
            refuseBoth(Keys.passwordCredential, Keys.passwordFile, reader)
        }
        return connection
    }

    private mutating func refuseBoth(_ one: SettingKey, _ other: SettingKey, _ reader: TableReader)
    {
        guard let first = reader[one], let second = reader[other] else { return }
        let later = first.place.line > second.place.line ? first : second
        report.add(
            Report.Complaint(
                code: .contradiction,
                summary: "\"\(one.name)\" and \"\(other.name)\" exclude each other",
                expected: "expected: one of the two",
                fix: "remove one of them"
            ),
            at: later.place
        )
    }

    /// The text of the query, without the semicolon at its end.
    private mutating func readQuery(_ reader: TableReader) -> String? {
        guard let value = reader.text(Keys.query, &report) else { return nil }
        let isPath = value.hasSuffix(".sql") && !value.contains("\n")
        let path = value.hasPrefix("/") ? value : "\(folder)/\(value)"
        do {
            var query = isPath ? String(validating: try Files.read(path), as: UTF8.self) : value
            while let last = query?.last, last.isWhitespace || last == ";" { query?.removeLast() }
            if let query, !query.isEmpty, !query.utf8.contains(0) { return query }
            report.add(
                Report.Complaint(
                    code: .impossibleValue,
                    summary: isPath ? "\"\(path)\" holds no query" : "the query is empty",
                    expected: "expected: a query in UTF-8",
                    fix: isPath
                        ? "write the query into \(path)"
                        : "data_query_path = "
                            + Keys.query.example
                ),
                at: reader.place(of: Keys.query)
            )
        } catch {
            report.add(
                Report.Complaint(
                    code: .unreadableFile,
                    summary: "could not read \"\(path)\"",
                    hint: error.why,
                    fix: "write the query into \(path), and let the service's user read it"
                ),
                at: reader.place(of: Keys.query)
            )
        }
        return nil
    }

    private mutating func readJobs(_ root: TableReader, _ zone: String?) -> [JobSettings] {
        guard let nodes = root.tables(Keys.jobsKey, &report) else { return [] }
        if nodes.isEmpty {
            report.add(
                .cannotUse(
                    "an empty list",
                    "jobs",
                    expected: "one [[jobs]] table or more",
                    fix: "remove it and add a [[jobs]] table"
                ),
                at: root.place(of: Keys.jobsKey)
            )
        }
        var jobs: [JobSettings] = []
        var lines: [String: Int] = [:]
        for node in nodes {
            let reader = TableReader(node, Keys.job, place: node.place, &report)
            guard let job = JobReader.read(reader, &report) else { continue }
            let place = reader.place(of: Keys.jobName) ?? node.place
            if let first = lines[job.name] {
                let origin = "\(report.source.file):\(first)"
                report.add(.duplicate("job \"\(job.name)\"", of: origin), at: place)
            } else {
                lines[job.name] = place.line
            }
            if let now { JobReader.warnOfIdleness(job, reader, in: zone, at: now, &report) }
            jobs.append(job)
        }
        return jobs
    }
}

extension TOMLNode {
    fileprivate func has(_ key: String) -> Bool {
        guard case .table(let entries) = value else { return false }
        return entries.contains { $0.key == key }
    }
}

extension Report.Complaint {
    static func duplicate(_ what: String, of origin: String) -> Self {
        Self(
            code: .duplicate,
            summary: "\(what) exists twice",
            expected: "the first is at \(origin)",
            fix: "rename one of them"
        )
    }
}
