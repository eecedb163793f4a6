/// Reads what `clvd.toml` says about the service.
enum ServiceReader {
    static func read(
        _ root: TOMLNode,
        _ report: inout Report
    ) -> (service: ServiceSettings, tenants: [TOMLNode]) {
        typealias Keys = SettingTables
        var service = ServiceSettings()
        let reader = TableReader(root, Keys.service, place: nil, &report)
        service.exportPath = reader.text(Keys.exportPath, &report) ?? service.exportPath
        if let workers = reader.table(Keys.workersKey, &report) {
            let defaults = service.workers
            service.workers.slots = workers.integer(Keys.slots, &report) ?? defaults.slots
            service.workers.tenantSlots = workers.integer(Keys.tenantSlots, &report)
            service.workers.databaseSlots = workers.integer(Keys.databaseSlots, &report)
            service.workers.memory = workers.text(Keys.memory, &report)
                .flatMap { SizeText($0)?.bytes }
            service.workers.program = workers.text(Keys.program, &report)
            service.workers.launcher =
                workers.texts(Keys.launcher, &report)?.map(\.text) ?? defaults.launcher
            service.workers.stopTimeout =
                workers.integer(Keys.stopTimeout, &report) ?? defaults.stopTimeout
        }
        if let history = reader.table(Keys.historyKey, &report) {
            let defaults = service.history
            service.history.runs = history.integer(Keys.historyRuns, &report) ?? defaults.runs
            service.history.days = history.integer(Keys.historyDays, &report) ?? defaults.days
        }
        return (service, reader.tables(Keys.tenantsKey, &report) ?? [])
    }
}
