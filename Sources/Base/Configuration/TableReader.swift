/// One table of a file against its declared keys: what cannot be used goes into the report.
struct TableReader {
    let table: SettingTable
    /// Of the header; nil for the file as a whole.
    let place: Place?
    private let entries: [TOMLEntry]

    /// Finds the unknown and the missing keys.
    init(_ node: TOMLNode, _ table: SettingTable, place: Place?, _ report: inout Report) {
        self.table = table
        self.place = place
        if case .table(let entries) = node.value { self.entries = entries } else { entries = [] }
        var meant: Set<String> = []
        for entry in entries where table[entry.key] == nil {
            let nearest = addUnknown(entry, &report)
            if let nearest { meant.insert(nearest) }
        }
        for key in table.keys where key.whenAbsent == .error && self[key] == nil {
            if !meant.contains(key.name) { addMissing(key, &report) }
        }
    }

    /// The entry of a key, nil when it is absent.
    subscript(key: SettingKey) -> TOMLEntry? { entries.first { $0.key == key.name } }

    /// The place of a key's value, else of the table.
    func place(of key: SettingKey) -> Place? { self[key]?.node.place ?? place }

    func text(_ key: SettingKey, _ report: inout Report) -> String? {
        guard let node = self[key]?.node else { return nil }
        guard case .text(let rule) = key.kind, case .string(let value) = node.value else {
            addWrongType(node, key, &report)
            return nil
        }
        return checked(value, rule, key, node.place, &report)
    }

    func integer(_ key: SettingKey, _ report: inout Report) -> Int? {
        guard let node = self[key]?.node else { return nil }
        guard case .integer(let range) = key.kind, case .integer(let value) = node.value else {
            addWrongType(node, key, &report)
            return nil
        }
        guard !range.contains(value) else { return value }
        addOutOfRange("\(value)", "\(range.lowerBound) to \(range.upperBound)", key, &report)
        return nil
    }

    func number(_ key: SettingKey, _ report: inout Report) -> Double? {
        guard let node = self[key]?.node, case .number(let range) = key.kind else { return nil }
        guard let value = node.number else {
            addWrongType(node, key, &report)
            return nil
        }
        guard !range.contains(value) else { return value }
        let limits = "\(plain(range.lowerBound)) to \(plain(range.upperBound))"
        addOutOfRange(plain(value), limits, key, &report)
        return nil
    }

    /// A list of numbers from 0 up, each above the one before.
    func ascendingNumbers(_ key: SettingKey, _ report: inout Report) -> [Double]? {
        guard let node = self[key]?.node, case .ascendingNumbers(let count) = key.kind else {
            return nil
        }
        guard case .array(let elements) = node.value else {
            addWrongType(node, key, &report)
            return nil
        }
        var numbers: [Double] = []
        for element in elements {
            guard let number = element.number else {
                addWrongType(element, key, &report)
                return nil
            }
            numbers.append(number)
        }
        let isAscending = zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
        if numbers.count == count, isAscending, numbers.allSatisfy({ $0 >= 0 && $0.isFinite }) {
            return numbers
        }
        report.add(
            .cannotUse(
                "[" + numbers.map(plain).joined(separator: ", ") + "]",
                key.name,
                expected: "\(count) numbers from 0 up, each above the one before",
                fix: "\(key.name) = \(key.example)"
            ),
            at: node.place
        )
        return nil
    }

    /// Whole numbers without a fraction.
    private func plain(_ number: Double) -> String {
        Int(exactly: number).map { String($0) } ?? String(number)
    }

    func boolean(_ key: SettingKey, _ report: inout Report) -> Bool? {
        guard let node = self[key]?.node else { return nil }
        guard case .boolean(let value) = node.value else {
            addWrongType(node, key, &report)
            return nil
        }
        return value
    }

    /// The elements that can be used, each with its place.
    func texts(_ key: SettingKey, _ report: inout Report) -> [(text: String, place: Place)]? {
        guard let node = self[key]?.node else { return nil }
        switch (key.kind, node.value) {
        case (.textOrTexts(let rule), .string(let value)):
            return checked(value, rule, key, node.place, &report).map { [($0, node.place)] }
        case (.textOrTexts(let rule), .array(let elements)),
            (.texts(let rule), .array(let elements)):
            var texts: [(text: String, place: Place)] = []
            for element in elements {
                guard case .string(let value) = element.value else {
                    addWrongType(element, key, &report)
                    return nil
                }
                if let text = checked(value, rule, key, element.place, &report) {
                    texts.append((text, element.place))
                }
            }
            return texts
        default:
            addWrongType(node, key, &report)
            return nil
        }
    }

    /// The reader of a table in this one.
    func table(_ key: SettingKey, _ report: inout Report) -> TableReader? {
        guard let entry = self[key] else { return nil }
        guard case .table(let inner) = key.kind, case .table = entry.node.value else {
            addWrongType(entry.node, key, &report)
            return nil
        }
        let place = entry.node.place
        return TableReader(entry.node, inner, place: place.line > 0 ? place : entry.place, &report)
    }

    /// The tables of a `[[list]]`.
    func tables(_ key: SettingKey, _ report: inout Report) -> [TOMLNode]? {
        guard let node = self[key]?.node else { return nil }
        guard case .array(let elements) = node.value,
            elements.allSatisfy({ if case .table = $0.value { true } else { false } })
        else {
            addWrongType(node, key, &report)
            return nil
        }
        return elements
    }

    private func checked(
        _ value: String,
        _ rule: TextRule,
        _ key: SettingKey,
        _ place: Place,
        _ report: inout Report
    ) -> String? {
        guard let complaint = rule.complaint(about: value, key: key) else { return value }
        report.add(complaint, at: place)
        return nil
    }
}
