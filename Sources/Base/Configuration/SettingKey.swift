/// One key of the configuration: the only place where its name, limits, default and meaning stand.
///
/// Reading, the search for unknown keys and the commented reference files all come from here.
package struct SettingKey: Sendable {
    package enum Absence: Hashable, Sendable {
        /// It must be given.
        case error
        /// The default, as TOML.
        case value(String)
        /// What holds instead, in words.
        case means(String)
    }

    indirect enum Kind: Sendable {
        case text(TextRule)
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
        /// So many, from 0 up, each above the one before.
        case ascendingNumbers(Int)
        case boolean
        case texts(TextRule)
        /// One string counts as a list of one.
        case textOrTexts(TextRule)
        case table(SettingTable)
        case tables(SettingTable)

        /// As messages call it.
        var name: String {
            switch self {
            case .text: "a string"
            case .integer: "an integer"
            case .number: "a number"
            case .ascendingNumbers(let count): "a list of \(count) numbers"
            case .boolean: "a boolean"
            case .texts: "a list of strings"
            case .textOrTexts: "a string or a list of strings"
            case .table: "a table"
            case .tables: "a list of tables"
            }
        }
    }

    package let name: String
    let kind: Kind
    package let whenAbsent: Absence
    /// As TOML.
    package let example: String
    /// One sentence.
    package let documentation: String

    init(
        _ name: String,
        _ kind: Kind,
        _ whenAbsent: Absence,
        example: String = "",
        _ documentation: String
    ) {
        self.name = name
        self.kind = kind
        self.whenAbsent = whenAbsent
        if case .value(let text) = whenAbsent, example.isEmpty {
            self.example = text
        } else {
            self.example = example
        }
        self.documentation = documentation
    }
}

/// The keys of one table.
package struct SettingTable: Sendable {
    /// As its header, e.g.
    ///
    /// `[source]`.
    package let header: String
    package let keys: [SettingKey]
    package let documentation: String

    subscript(name: String) -> SettingKey? { keys.first { $0.name == name } }
}
