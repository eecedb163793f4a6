/// A length of time in the words of the configuration: `month` is 30 days, `2*week` 14, `45 days` 45.
package struct TimePeriod: Hashable, Sendable {
    /// As it was written; file names carry it.
    package let name: String
    package let days: Int

    package static let named: [(name: String, days: Int)] = [
        ("week", 7), ("2*week", 14), ("month", 30), ("2*month", 60), ("quarter", 90),
        ("6*month", 180), ("year", 365),
    ]
    package static let longestDays = 3650

    package init?(_ text: String) {
        if let known = TimePeriod.named.first(where: { $0.name == text }) {
            (name, days) = known
            return
        }
        let words = text.split(separator: " ")
        guard words.count == 2, words[1] == "days" || words[1] == "day",
            let count = Int(words[0]), (1...TimePeriod.longestDays).contains(count)
        else { return nil }
        name = count == 1 ? "1 day" : "\(count) days"
        days = count
    }

    /// The name without blanks, for a file name: `45_days`.
    package var fileName: String {
        String(name.map { $0 == " " ? "_" : $0 })
    }
}

extension TimePeriod: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let period = TimePeriod(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "\"\(text)\" is not a time period"
            )
        }
        self = period
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
