package import Domain

/// Everything that could be loaded, and what could not.
package struct Loaded: Sendable {
    package struct DegradedTenant: Hashable, Sendable {
        /// As its file says, or the file's name when that cannot be told.
        package var name: String
        package var file: String
        package var diagnostics: [Diagnostic]
    }

    package var settings: Settings
    /// Tenants that cannot run; the others can.
    package var degradedTenants: [DegradedTenant]
    /// In the order of the files.
    package var diagnostics: [Diagnostic]
    package var files: [String]
}

/// The configuration cannot be used.
package struct ConfigurationError: Problem {
    package let diagnostics: [Diagnostic]
    /// Those that were read, or should have been.
    package let files: [String]

    package var fileCount: Int { files.count }
    package var code: String { "configuration_invalid" }
    package var message: String {
        let tally = diagnostics.tally(of: files)
        guard let first = diagnostics.errors.first else { return "cannot use the configuration" }
        let place = [first.line, first.column].compactMap { $0 }.map { ":\($0)" }.joined()
        return "cannot use the configuration, \(tally): \(first.file)\(place): \(first.summary)"
    }
    package var cause: String? { nil }
    package var fix: String? { diagnostics.errors.first?.fix }
    package var failureClass: FailureClass { .configuration }
}

/// Reads `clvd.toml` and `tenants.d/*.toml` from the folders of the system or from one folder.
package struct Loader: Sendable {
    package static let systemDirectories = ["/etc/clvd", "/run/clvd", "/usr/lib/clvd"]

    /// The first that has a file of some name wins.
    package let directories: [String]

    /// Present: schedules by which nothing starts after it get a warning.
    private let now: Instant?

    package init(directories: [String] = Loader.systemDirectories, now: Instant? = nil) {
        self.now = now
        self.directories = directories.map { directory in
            directory.count > 1 && directory.hasSuffix("/")
                ? String(directory.dropLast()) : directory
        }
    }

    /// One tenant's errors degrade that tenant; errors in `clvd.toml` or the folders are thrown.
    package func load() throws(ConfigurationError) -> Loaded {
        var reading = Reading(now: now)
        reading.read(directories)
        guard reading.fatal.isEmpty else { throw reading.error }
        return reading.loaded
    }

    /// Any error at all is thrown: for a check and for a reload.
    package func loadStrictly() throws(ConfigurationError) -> Loaded {
        var reading = Reading(now: now)
        reading.read(directories)
        guard reading.diagnostics.errors.isEmpty else { throw reading.error }
        return reading.loaded
    }
}

/// The state of one reading.
private struct Reading {
    let now: Instant?
    var service = ServiceSettings()
    var tenants: [TenantSettings] = []
    var degraded: [Loaded.DegradedTenant] = []
    var diagnostics: [Diagnostic] = []
    /// The errors that let nothing run.
    var fatal: [Diagnostic] = []
    var files: [String] = []
    private var origins: [String: String] = [:]

    init(now: Instant?) { self.now = now }

    var error: ConfigurationError {
        ConfigurationError(diagnostics: diagnostics, files: files)
    }

    var loaded: Loaded {
        Loaded(
            settings: Settings(service: service, tenants: tenants),
            degradedTenants: degraded,
            diagnostics: diagnostics,
            files: files
        )
    }

    mutating func read(_ directories: [String]) {
        if !directories.contains(where: Files.exists) {
            fail(
                Report.Complaint(
                    code: .unreadableFile,
                    summary: "there is no configuration",
                    hint: "no such folder",
                    fix: "mkdir -p \(directories[0])/tenants.d"
                ),
                file: directories[0]
            )
        }
        if let path = directories.map({ "\($0)/clvd.toml" }).first(where: Files.exists),
            !Files.isMasked(path)
        {
            readService(path)
        }
        for path in tenantFiles(directories) { readTenant(path) }
    }

    private mutating func fail(_ complaint: Report.Complaint, file: String) {
        var report = Report(SourceText(file: file, bytes: []))
        report.add(complaint, at: nil)
        diagnostics += report.diagnostics
        fatal += report.diagnostics
    }

    /// The files that are in force, by name.
    private mutating func tenantFiles(_ directories: [String]) -> [String] {
        var paths: [String: String] = [:]
        for folder in directories.map({ "\($0)/tenants.d" }) {
            do {
                for name in try Files.names(in: folder) ?? [] {
                    let isTenant = name.hasSuffix(".toml") && !name.hasPrefix(".")
                    if isTenant, paths[name] == nil { paths[name] = "\(folder)/\(name)" }
                }
            } catch {
                fail(
                    Report.Complaint(
                        code: .unreadableFile,
                        summary: "could not read the folder of the tenants",
                        hint: error.why,
                        fix: "let the service's user read \(folder)"
                    ),
                    file: folder
                )
            }
        }
        return paths.sorted { $0.key < $1.key }.map(\.value).filter { !Files.isMasked($0) }
    }

    /// Nil when the file cannot be read or is not TOML; then `report` says why.
    private mutating func parse(_ path: String) -> (root: TOMLNode?, report: Report) {
        files.append(path)
        do {
            let bytes = try Files.read(path)
            var report = Report(SourceText(file: path, bytes: bytes))
            do {
                return (try TOML.parse(bytes), report)
            } catch {
                report.add(.syntax(error), at: error.place)
                return (nil, report)
            }
        } catch {
            var report = Report(SourceText(file: path, bytes: []))
            report.add(
                Report.Complaint(
                    code: .unreadableFile,
                    summary: "could not read the file",
                    hint: error.why,
                    fix: "let the service's user read it, or remove it"
                ),
                at: nil
            )
            return (nil, report)
        }
    }

    private mutating func readService(_ path: String) {
        var (root, report) = parse(path)
        guard let root else {
            diagnostics += report.diagnostics
            fatal += report.diagnostics
            return
        }
        let (service, nodes) = ServiceReader.read(root, &report)
        self.service = service
        diagnostics += report.sorted
        fatal += report.diagnostics
        for (index, node) in nodes.enumerated() {
            readTenant(node, isWholeFile: false, report.source, fallback: "tenants[\(index + 1)]")
        }
    }

    private mutating func readTenant(_ path: String) {
        let (root, report) = parse(path)
        let stem = String(path.split(separator: "/").last?.dropLast(5) ?? "")
        guard let root else {
            diagnostics += report.diagnostics
            degraded.append(.init(name: stem, file: path, diagnostics: report.diagnostics))
            return
        }
        readTenant(root, isWholeFile: true, report.source, fallback: stem)
    }

    private mutating func readTenant(
        _ node: TOMLNode,
        isWholeFile: Bool,
        _ source: SourceText,
        fallback: String
    ) {
        let slash = source.file.lastIndex(of: "/") ?? source.file.startIndex
        var reader = TenantReader(
            folder: String(source.file[..<slash]),
            now: now,
            report: Report(source)
        )
        let found = reader.read(node, isWholeFile: isWholeFile)
        var name = found.name
        if let own = found.name, let place = found.namePlace {
            if let first = origins[own] {
                reader.report.add(.duplicate("tenant \"\(own)\"", of: first), at: place)
                name = nil
            } else {
                origins[own] = "\(source.file):\(place.line)"
            }
        }
        diagnostics += reader.report.sorted
        if reader.report.diagnostics.errors.isEmpty, let settings = found.settings {
            tenants.append(settings)
        } else {
            degraded.append(
                .init(
                    name: name ?? fallback,
                    file: source.file,
                    diagnostics: reader.report.sorted
                )
            )
        }
    }
}

extension Report.Complaint {
    fileprivate static func syntax(_ error: TOMLSyntaxError) -> Self {
        let prefix = "Error while parsing "
        let message =
            error.message.hasPrefix(prefix)
            ? "in \(error.message.dropFirst(prefix.count))"
            : error.message.prefix(1).lowercased() + error.message.dropFirst()
        let hint: String? =
            if message.contains("could not determine value type") {
                "a string stands in quotes"
            } else if message.contains("string: unescaped control") {
                "a control character, or the closing quote is missing"
            } else if message.contains("invalid utf-8") {
                "the file has to be UTF-8"
            } else {
                nil
            }
        return Self(
            code: .syntax,
            summary: "cannot read this as TOML: \(message)",
            hint: hint,
            fix: "https://toml.io/en/v1.0.0 describes the syntax"
        )
    }
}
