import ControlAPI
import Domain
import WorkerContract

extension StageProgress {
    /// `  4 train      62 %     [####------]`, not wider than the terminal.
    func blockLine(_ number: Int, on appearance: Appearance) -> String {
        let name = padded(stage.rawValue, 9)
        let end = seconds.map { "  " + Format.duration($0) } ?? ""
        let text =
            switch state {
            case .waiting: "waiting"
            case .done: "done     " + (rows.map { Format.plural($0, "row") } ?? "")
            case .running: runningText
            }
        let line = "  \(number) \(name)  " + text
        let room = appearance.width - 1 - end.count
        let filled = padded(String(line.prefix(max(0, room))), min(66, max(0, room)))
        let style: Style = state == .running ? .bold : state == .waiting ? .dim : .plain
        return style.apply(filled + end, on: appearance)
    }

    private var runningText: String {
        guard let fraction else {
            guard let done else { return "running" }
            return "running  \(Format.count(done)) \(unit ?? "")"
        }
        let cells = 32
        let full = Int(fraction * Double(cells))
        let bar = String(repeating: "#", count: full) + String(repeating: "-", count: cells - full)
        return padded("\(Int(fraction * 100)) %", 9) + "[\(bar)]"
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// `clean done rows=3120551 seconds=41.0`; nil while it only goes on.
    var changeLine: String? {
        switch state {
        case .waiting: nil
        case .running: done == nil ? "\(stage.rawValue) started" : nil
        case .done:
            "\(stage.rawValue) done"
                + (rows.map { " rows=\($0)" } ?? "")
                + (seconds.map { " seconds=\(Format.fixed($0, 1))" } ?? "")
        }
    }
}
