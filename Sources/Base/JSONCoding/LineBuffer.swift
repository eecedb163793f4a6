/// Cuts a stream of bytes into lines, with a bound: a line that never ends is an error and not memory.
package struct LineBuffer: Sendable {
    package static let longestLine = 1 << 20

    /// A line that is longer than any that the other side may send.
    package struct TooLong: Error, Equatable {}

    private var bytes: [UInt8] = []
    /// Where the first line that was not yet given begins.
    private var start = 0
    /// Everything before this was already searched for a line's end.
    private var searched = 0

    package init() {}

    package mutating func append(_ more: some Sequence<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            searched -= start
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next whole line, without its end; nil when there is none yet.
    package mutating func next() throws(TooLong) -> [UInt8]? {
        guard let end = bytes[searched...].firstIndex(of: 10) else {
            searched = bytes.count
            if bytes.count - start > LineBuffer.longestLine { throw TooLong() }
            return nil
        }
        if end - start > LineBuffer.longestLine { throw TooLong() }
        let line = Array(bytes[start..<end])
        start = end + 1
        searched = start
        return line
    }

    /// What is left after the end of the stream: a last line without an end, or nil.
    package mutating func rest() -> [UInt8]? {
        guard start < bytes.count else { return nil }
        let line = Array(bytes[start...])
        start = bytes.count
        searched = start
        return line
    }
}
