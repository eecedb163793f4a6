/// A length of time as it is written: `90s`, `30min`, `1h 30min`, `7d`.
package struct DurationText: Hashable, Sendable {
    package let seconds: Int

    private static let units: [(names: [String], seconds: Int)] = [
        (["s", "sec"], 1), (["m", "min"], 60), (["h", "hour", "hours"], 3600),
        (["d", "day", "days"], 86_400), (["w", "week", "weeks"], 7 * 86_400),
    ]
    /// A hundred years.
    private static let longestSeconds = 36_525 * 86_400

    package init?(_ text: String) {
        var rest = text.lowercased().filter { $0 != " " }[...]
        var total = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(name.count)
            let unit = DurationText.units.first { $0.names.contains(String(name)) }
            guard digits.count < 10, let count = Int(digits),
                let scale = unit?.seconds ?? (name.isEmpty && text == "0" ? 1 : nil)
            else { return nil }
            total += count * scale
        }
        guard total <= DurationText.longestSeconds else { return nil }
        seconds = total
    }
}

/// A number of bytes as it is written: `512MiB`, `2GiB`, `500MB`.
package struct SizeText: Hashable, Sendable {
    package let bytes: Int

    private static let units = [
        "b": 1, "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000, "kib": 1 << 10, "mib": 1 << 20,
        "gib": 1 << 30, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30,
    ]

    package init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let name = text.dropFirst(digits.count).filter { $0 != " " }.lowercased()
        guard digits.count < 10, let count = Int(digits), count > 0,
            let unit = SizeText.units[name]
        else { return nil }
        bytes = count * unit
    }
}
