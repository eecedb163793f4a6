import JSONCoding

/// What one answer brings: filled by the callbacks, on the thread that waits for it.
final class Transfer {
    private(set) var status = 0
    private(set) var headers: [String: String] = [:]
    private(set) var body: [UInt8] = []
    private(set) var failure: HTTPClientError?
    private(set) var wasStopped = false
    private var buffer = LineBuffer()
    private let lines: (([UInt8]) -> Bool)?
    private let isInterrupted: () -> Bool

    init(lines: (([UInt8]) -> Bool)?, isInterrupted: @escaping () -> Bool) {
        self.lines = lines
        self.isInterrupted = isInterrupted
    }

    /// Takes bytes of the body; false ends the transfer.
    func take(_ bytes: some Collection<UInt8>) -> Bool {
        guard let lines, (200..<300).contains(status) else {
            if body.count + bytes.count > HTTPClient.largestAnswer {
                failure = .answerTooLarge(limit: HTTPClient.largestAnswer)
                return false
            }
            body.append(contentsOf: bytes)
            return true
        }
        buffer.append(bytes)
        do throws(LineBuffer.TooLong) {
            while let line = try buffer.next() {
                guard lines(line) else {
                    wasStopped = true
                    return false
                }
            }
            return true
        } catch {
            failure = .lineTooLong
            return false
        }
    }

    /// Gives away a last line that has no end.
    func finish() {
        if let lines, !wasStopped, let last = buffer.rest() { _ = lines(last) }
    }

    /// Takes the status line or one header.
    func takeHeader(_ text: String) {
        if text.hasPrefix("HTTP/") {
            status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            headers = [:]
            return
        }
        guard let colon = text.firstIndex(of: ":") else { return }
        let value = text[text.index(after: colon)...]
        headers[text[..<colon].lowercased()] = String(value.trimmed)
    }

    /// Whether to go on waiting.
    func goOn() -> Bool {
        if isInterrupted() { failure = .interrupted }
        return failure == nil
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var rest = self
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }
}
