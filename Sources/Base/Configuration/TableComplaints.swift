extension TableReader {
    /// Returns the key that was probably meant.
    func addUnknown(_ entry: TOMLEntry, _ report: inout Report) -> String? {
        if Secrets.isPassword(entry.key) {
            report.add(.writtenSecret(key: entry.key), at: entry.place)
            return nil
        }
        let known = table.keys.map(\.name)
        let nearest = Suggestion.nearest(to: entry.key, among: known)
        let home = TableReader.home(of: entry.key, besides: table.header)
        report.add(
            Report.Complaint(
                code: .unknownKey,
                summary: "unknown key \"\(entry.key)\"",
                hint: nearest.map { "did you mean \"\($0)\"?" } ?? home.map { "belongs in \($0)" },
                expected: "known here: " + known.joined(separator: ", "),
                fix: nearest.map { repaired(entry, with: $0, report.source) }
                    ?? home.map { "move it to \($0)" } ?? "remove it"
            ),
            at: entry.place
        )
        return nearest
    }

    func addMissing(_ key: SettingKey, _ report: inout Report) {
        let what: String
        let fix: String
        switch key.kind {
        case .table(let inner) where key.example.isEmpty, .tables(let inner):
            let header = headerHere(inner)
            what = "table \(header) is missing"
            fix = "add \(header) with " + inner.requiredKeys
        default:
            what = "\"\(key.name)\" is missing in \(table.header)"
            fix = "\(key.name) = \(key.example)"
        }
        report.add(
            Report.Complaint(
                code: .missingKey,
                summary: what,
                expected: "meaning: " + key.documentation.lowercasedFirst,
                fix: fix
            ),
            at: place
        )
    }

    func addWrongType(_ node: TOMLNode, _ key: SettingKey, _ report: inout Report) {
        let fix: String
        switch (key.kind, node.value) {
        case (.integer, .string(let text)) where Int(text) != nil,
            (.number, .string(let text)) where Double(text) != nil,
            (.boolean, .string(let text)) where text == "true" || text == "false":
            fix = "\(key.name) = \(text)"
        case (.text, .integer(let value)): fix = "\(key.name) = \"\(value)\""
        case (.texts, .string(let text)): fix = "\(key.name) = [\"\(text)\"]"
        case (.table(let inner), _) where key.example.isEmpty: fix = "write \(headerHere(inner))"
        case (.tables(let inner), _): fix = "write the header as \(headerHere(inner))"
        default: fix = key.example.isEmpty ? "remove it" : "\(key.name) = \(key.example)"
        }
        report.add(
            Report.Complaint(
                code: .wrongType,
                summary: "\"\(key.name)\" is \(node.kindName), \(key.kind.name) is needed",
                expected: "meaning: " + key.documentation.lowercasedFirst,
                fix: fix
            ),
            at: node.place
        )
    }

    func addOutOfRange(
        _ value: String,
        _ range: String,
        _ key: SettingKey,
        _ report: inout Report
    ) {
        report.add(
            Report.Complaint(
                code: .impossibleValue,
                summary: "\(value) is out of range for \"\(key.name)\"",
                expected: "expected: \(range)",
                fix: "\(key.name) = \(key.example)"
            ),
            at: place(of: key)
        )
    }

    /// The line with the right key, or the right key alone where the line holds more.
    private func repaired(_ entry: TOMLEntry, with key: String, _ source: SourceText) -> String {
        if case .tables(let inner) = table[key]?.kind { return "write \(headerHere(inner))" }
        guard let line = source.line(entry.place.line), !line.contains("{"),
            let range = line.firstRange(of: entry.key),
            line[..<range.lowerBound].allSatisfy({ $0.isWhitespace || $0 == "[" })
        else { return "write \"\(key)\"" }
        let before = line[..<range.lowerBound].drop { $0.isWhitespace }
        let after = Secrets.masked(line).dropFirst(line[..<range.upperBound].count)
        return String((before + key + after).prefix(120))
    }

    /// An inner table's header, as it is written in this one.
    private func headerHere(_ inner: SettingTable) -> String {
        let tenantHeaders = [SettingTables.tenantFile.header, SettingTables.tenantInPlace.header]
        guard place != nil, tenantHeaders.contains(table.header) else { return inner.header }
        return inner.header.replacing(/\[(?=\w)/, with: "[tenants.")
    }

    /// Another table that has the key.
    private static func home(of key: String, besides header: String) -> String? {
        let tables = [
            SettingTables.workers, SettingTables.tenant, SettingTables.source,
            SettingTables.destination, SettingTables.job,
        ]
        return tables.first { $0.header != header && $0[key] != nil }?.header
    }
}

extension SettingTable {
    fileprivate var requiredKeys: String {
        keys.filter { $0.whenAbsent == .error }.map(\.name).joined(separator: ", ")
    }
}

extension String {
    /// As the middle of a message: without the full stop and the capital letter.
    fileprivate var lowercasedFirst: String {
        let text = hasSuffix(".") ? dropLast() : self[...]
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
