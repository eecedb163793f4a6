import Domain

/// Shows how something goes on: a block that is drawn again, or one line per change.
final class ProgressDisplay {
    private let stream: TextStream
    /// Whether the block is drawn; else lines are printed.
    let redraws: Bool
    private var drawnLines = 0
    private var drawnAt: Instant?

    init(_ stream: TextStream, redraws: Bool) {
        self.stream = stream
        self.redraws = redraws && stream.appearance.hasEscapes
    }

    var appearance: Appearance { stream.appearance }

    /// Draws the block in place of the one before, ten times a second at most.
    func draw(at now: Instant, isUrgent: Bool = false, _ lines: () -> [String]) {
        guard redraws else { return }
        if let drawnAt, !isUrgent, abs(now - drawnAt) < 0.1 { return }
        drawnAt = now
        let lines = lines()
        stream.write(eraser + lines.map { $0 + "\n" }.joined())
        drawnLines = lines.count
    }

    /// Prints a line above the block, or beside it on another stream.
    func say(_ line: String, on other: TextStream? = nil) {
        clear()
        (other ?? stream).line(line)
    }

    /// Removes the block.
    func clear() {
        guard drawnLines > 0 else { return }
        stream.write(eraser)
        drawnLines = 0
        drawnAt = nil
    }

    private var eraser: String { drawnLines > 0 ? "\u{1b}[\(drawnLines)A\r\u{1b}[J" : "" }
}
