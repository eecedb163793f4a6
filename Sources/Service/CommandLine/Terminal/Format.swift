import Domain

/// Numbers, money and durations as people read them.
enum Format {
    /// `182,410`.
    static func count(_ value: Int) -> String {
        var digits = Array(String(value.magnitude))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return (value < 0 ? "-" : "") + String(digits)
    }

    /// `1 job`, `3 jobs`.
    static func plural(_ value: Int, _ noun: String) -> String {
        "\(count(value)) \(noun)\(value == 1 ? "" : "s")"
    }

    /// Three figures at least: `EUR 21.4 M`, `EUR 310 k`, `EUR 612`.
    static func money(_ value: Double, currency: String?) -> String {
        let prefix = currency.map { $0 + " " } ?? ""
        guard value.isFinite else { return prefix + "n/a" }
        let steps: [(limit: Double, unit: String)] = [
            (1e9, "G"), (1e6, "M"), (1e3, "k"),
        ]
        // 999,950 would be shown as "1000.0 k" when only the value were looked at.
        for step in steps where abs(value) >= step.limit * 0.99995 {
            let scaled = value / step.limit
            return prefix + fixed(scaled, abs(scaled) >= 99.95 ? 0 : 1) + " " + step.unit
        }
        return prefix + fixed(value, abs(value) >= 100 ? 0 : 2)
    }

    /// A decimal number with so many places.
    static func fixed(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return String(value) }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((value.magnitude * scale).rounded())
        let sign = value < 0 && scaled != 0 ? "-" : ""
        let whole = scaled / Int(scale)
        guard places > 0 else { return sign + String(whole) }
        return sign + "\(whole)." + padded(scaled % Int(scale), places)
    }

    /// A number with so many digits that count: `0.2426`, `12.1`.
    static func significant(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, value != 0 else { return fixed(value, 0) }
        var places = digits - 1
        var limit = 10.0
        while abs(value) >= limit, places > 0 { (limit, places) = (10 * limit, places - 1) }
        limit = 1
        while abs(value) < limit, places < 12 { (limit, places) = (limit / 10, places + 1) }
        return fixed(value, places)
    }

    /// `4 days`, `2 h 5 min`, `4 min 12 s`, `38 s`, `0.4 s`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e12 else { return "n/a" }
        if seconds < 9.95 { return fixed(max(0, seconds), 1) + " s" }
        let whole = Int(seconds.rounded())
        switch whole {
        case ..<60: return "\(whole) s"
        case ..<3600: return join(whole / 60, "min", whole % 60, "s")
        case ..<172_800: return join(whole / 3600, "h", whole % 3600 / 60, "min")
        default: return plural(whole / 86_400, "day")
        }
    }

    /// `1.1 GiB`.
    static func bytes(_ value: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var scaled = Double(value)
        var unit = 0
        while scaled >= 1024 && unit + 1 < units.count {
            scaled /= 1024
            unit += 1
        }
        return fixed(scaled, unit == 0 || scaled >= 100 ? 0 : 1) + " " + units[unit]
    }

    private static func join(_ large: Int, _ one: String, _ small: Int, _ other: String) -> String {
        small == 0 ? "\(large) \(one)" : "\(large) \(one) \(small) \(other)"
    }
}
