/// Columns of text: aligned for people, separated by tabs for programs.
struct TextTable {
    struct Column {
        var title: String
        var isNumber = false
        /// The least important go first when the terminal is narrow; 0 always stays.
        var importance = 0
        /// The last column may be: on a terminal its text is cut to what is left of the line.
        var isCut = false

        init(_ title: String, isNumber: Bool = false, importance: Int = 0, isCut: Bool = false) {
            self.title = title
            self.isNumber = isNumber
            self.importance = importance
            self.isCut = isCut
        }
    }

    struct Cell {
        var text: String
        var style = Style.plain
    }

    var columns: [Column]
    var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ cells: [Cell]) { rows.append(cells) }
    mutating func add(_ texts: [String]) { rows.append(texts.map { Cell(text: $0) }) }

    /// The lines, the title first, cut to the width by leaving out whole columns.
    func lines(on appearance: Appearance) -> [String] {
        let kept = keptColumns(appearance.width)
        var widths = columns.indices.map(width)
        if appearance.isTerminal, let last = kept.last, columns[last].isCut {
            let others = kept.dropLast().reduce(0) { $0 + widths[$1] + 2 }
            widths[last] = min(widths[last], max(shortestCut, appearance.width - others))
        }
        let title = kept.map { pad(columns[$0].title, $0, widths, isLast: $0 == kept.last) }
        let body = rows.map { row in
            kept.map { index in
                let text = pad(row[index].text, index, widths, isLast: index == kept.last)
                return row[index].style.apply(text, on: appearance)
            }
        }
        return ([title] + body).map { $0.joined(separator: "  ") }
    }

    private func width(_ index: Int) -> Int {
        rows.reduce(columns[index].title.count) { max($0, $1[index].text.count) }
    }

    private let shortestCut = 24

    /// What a column needs at least.
    private func leastWidth(_ index: Int) -> Int {
        columns[index].isCut ? min(width(index), shortestCut) : width(index)
    }

    private func keptColumns(_ limit: Int) -> [Int] {
        var kept = Array(columns.indices)
        while kept.reduce(-2, { $0 + leastWidth($1) + 2 }) > limit {
            let optional = kept.filter { columns[$0].importance > 0 }
            guard let least = optional.max(by: { columns[$0].importance < columns[$1].importance })
            else { break }
            kept.removeAll { $0 == least }
        }
        return kept
    }

    private func pad(_ text: String, _ index: Int, _ widths: [Int], isLast: Bool) -> String {
        if text.count > widths[index] { return text.prefix(widths[index] - 3) + "..." }
        let blanks = String(repeating: " ", count: widths[index] - text.count)
        if columns[index].isNumber { return blanks + text }
        return isLast ? text : text + blanks
    }
}
