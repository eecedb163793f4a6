import Domain
import Scheduling

/// Which strings a key accepts.
enum TextRule: Hashable, Sendable {
    /// Anything but blanks alone.
    case words
    case name
    case timeZone
    case currency
    case absolutePath
    case choice([String])
    case dataSource
    case conninfo
    case credential
    case column
    case schema
    case period
    case schedule
    case blackout
    case duration
    case size
    case model

    /// What is wrong with a value; nil when it can be used.
    func complaint(about value: String, key: SettingKey) -> Report.Complaint? {
        guard !value.unicodeScalars.contains("\0") else {
            return .cannotUse("a NUL character", key.name, expected: "text", fix: "remove it")
        }
        switch self {
        case .timeZone: return zoneComplaint(value, key)
        case .schedule: return scheduleComplaint(value)
        case .blackout: return blackoutComplaint(value)
        case .conninfo where Secrets.isIn(conninfo: value):
            return .writtenSecret(key: key.name)
        case .dataSource where value != "postgresql":
            return Report.Complaint(
                code: .unsupported,
                summary: "data source \"\(value)\" is not supported",
                expected: "supported: postgresql",
                fix: "data_source = \"postgresql\""
            )
        case .choice(let known): return choiceComplaint(value, key, known)
        case .model where value != "auto":
            return choiceComplaint(value, key, ModelName.names)
        case .period:
            guard TimePeriod(value) == nil else { return nil }
            return choiceComplaint(value, key, TimePeriod.named.map(\.name), orElse: "\"45 days\"")
        default:
            guard !accepts(value) else { return nil }
            return .cannotUse(
                "\"\(value)\"",
                key.name,
                expected: expected,
                fix: key.assignment(of: repaired(value))
            )
        }
    }

    private func accepts(_ value: String) -> Bool {
        let bytes = Array(value.utf8)
        guard let first = bytes.first else { return false }
        switch self {
        case .name:
            return bytes.count <= 63 && TextRule.isLowerOrDigit(first)
                && bytes.allSatisfy { TextRule.isLowerOrDigit($0) || $0 == 45 || $0 == 95 }
        case .schema:
            return bytes.count <= 63 && !value.hasPrefix("pg_") && !(48...57).contains(first)
                && bytes.allSatisfy { TextRule.isLowerOrDigit($0) || $0 == 95 }
        case .currency: return bytes.count == 3 && bytes.allSatisfy { (65...90).contains($0) }
        case .absolutePath: return first == 47
        case .duration: return DurationText(value) != nil
        case .size: return SizeText(value) != nil
        case .credential: return bytes.count <= 255 && !bytes.contains(47) && first != 46
        case .column: return bytes.count <= 63
        default: return value.contains { !$0.isWhitespace }
        }
    }

    private var expected: String {
        switch self {
        case .name:
            "1 to 63 of a-z, 0-9, \"_\" and \"-\", beginning with a letter or a digit"
        case .schema:
            "1 to 63 of a-z, 0-9 and \"_\", beginning with neither a digit nor \"pg_\""
        case .currency: "three capital letters, such as \"EUR\""
        case .absolutePath: "a path that begins with \"/\""
        case .duration: "a length of time such as \"90s\", \"30min\", \"24h\" or \"7d\""
        case .size: "a size such as \"512MiB\" or \"2GiB\""
        case .credential: "the name of a credential, without \"/\""
        case .column: "the name of a column, 1 to 63 bytes"
        default: "a text that is not empty"
        }
    }

    /// The nearest value that would do.
    private func repaired(_ value: String) -> String? {
        let candidate: String
        switch self {
        case .name, .schema:
            candidate = String(
                value.lowercased().map { character in
                    character.isASCII && (character.isLetter || character.isNumber)
                        ? character : self == .name && character != "_" ? "-" : "_"
                }
            )
        case .currency: candidate = value.uppercased()
        default: return nil
        }
        return accepts(candidate) ? candidate : nil
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (48...57).contains(byte)
    }

    private func choiceComplaint(
        _ value: String,
        _ key: SettingKey,
        _ known: [String],
        orElse more: String? = nil
    ) -> Report.Complaint? {
        guard !known.contains(value) else { return nil }
        let nearest = Suggestion.nearest(to: value, among: known)
        return .cannotUse(
            "\"\(value)\"",
            key.name,
            hint: nearest.map { "did you mean \"\($0)\"?" },
            expected: known.joined(separator: ", ") + (more.map { " or such as \($0)" } ?? ""),
            fix: key.assignment(of: nearest)
        )
    }

    private func zoneComplaint(_ value: String, _ key: SettingKey) -> Report.Complaint? {
        do {
            _ = try TimeZoneRules(named: value)
            return nil
        } catch {
            let nearest = Suggestion.nearest(to: value, among: TimeZoneRules.listedNames())
            return Report.Complaint(
                code: .timeZone,
                summary: error.message,
                hint: nearest.map { "did you mean \"\($0)\"?" } ?? error.cause,
                fix: nearest.map { key.assignment(of: $0) } ?? error.fix
            )
        }
    }

    private func scheduleComplaint(_ value: String) -> Report.Complaint? {
        do {
            _ = try OnCalendar(value)
            return nil
        } catch {
            return Report.Complaint(code: .schedule, summary: error.message, fix: error.fix)
        }
    }
}

extension TextRule {
    private func blackoutComplaint(_ value: String) -> Report.Complaint? {
        do {
            _ = try BlackoutWindow(value)
            return nil
        } catch {
            return Report.Complaint(code: .schedule, summary: error.message, fix: error.fix)
        }
    }
}

extension SettingKey {
    /// The line with a value that can be used; without one, with the example.
    fileprivate func assignment(of value: String?) -> String {
        guard let value else { return "\(name) = \(example)" }
        if case .text = kind { return "\(name) = \"\(value)\"" }
        return "write \"\(value)\""
    }
}

extension Report.Complaint {
    static func cannotUse(
        _ what: String,
        _ key: String,
        hint: String? = nil,
        expected: String,
        fix: String
    ) -> Self {
        Self(
            code: .impossibleValue,
            summary: "cannot use \(what) for \"\(key)\"",
            hint: hint,
            expected: "expected: \(expected)",
            fix: fix
        )
    }

    static func writtenSecret(key: String) -> Self {
        Self(
            code: .writtenSecret,
            summary: "a password cannot be written in a configuration file",
            hint: "\"\(key)\" holds one",
            expected: "expected: the name of a systemd credential, or a file with the password",
            fix: "password_credential = \"acme-db\" or password_file = \"/etc/clvd/acme.password\""
        )
    }
}
