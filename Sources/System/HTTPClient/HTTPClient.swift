import CCurl

/// HTTP over a Unix socket: one request, and its answer whole or line by line.
///
/// Waits for the answer; `isInterrupted` is asked at least once a second, and at once after a
/// signal, so that a program can stop waiting.
package struct HTTPClient: Sendable {
    /// No answer of a program that works is larger.
    package static let largestAnswer = 16 << 20

    package struct Request: Sendable {
        package var method: String
        /// With its query.
        package var path: String
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]?
        /// For the whole answer; nil: as long as it takes.
        package var timeoutSeconds: Double?

        package init(
            method: String,
            path: String,
            headers: [(name: String, value: String)] = [],
            body: [UInt8]? = nil,
            timeoutSeconds: Double? = 30
        ) {
            self.method = method
            self.path = path
            self.headers = headers
            self.body = body
            self.timeoutSeconds = timeoutSeconds
        }
    }

    package struct Answer: Sendable {
        package var status: Int
        /// By their names in small letters.
        package var headers: [String: String]
        /// Empty when the lines were given away one by one.
        package var body: [UInt8]

        package var isSuccess: Bool { (200..<300).contains(status) }
    }

    package let socketPath: String
    private let isInterrupted: @Sendable () -> Bool

    package init(
        socketPath: String,
        isInterrupted: @escaping @Sendable () -> Bool = { false }
    ) {
        self.socketPath = socketPath
        self.isInterrupted = isInterrupted
    }

    /// Sends a request and waits for its whole answer.
    package func send(_ request: Request) throws(HTTPClientError) -> Answer {
        try perform(request, whileWaiting: {}, lines: nil)
    }

    /// Sends a request and gives each line of a successful answer to `line` as it comes.
    ///
    /// `line` returns false to stop reading; `whileWaiting` is called about once a second. An
    /// answer that is no success comes back whole.
    package func stream(
        _ request: Request,
        whileWaiting: @escaping () -> Void = {},
        line: @escaping ([UInt8]) -> Bool
    ) throws(HTTPClientError) -> Answer {
        try perform(request, whileWaiting: whileWaiting, lines: line)
    }

    private func perform(
        _ request: Request,
        whileWaiting: @escaping () -> Void,
        lines: (([UInt8]) -> Bool)?
    ) throws(HTTPClientError) -> Answer {
        let transfer = Transfer(lines: lines) {
            whileWaiting()
            return isInterrupted()
        }
        let handle = try EasyHandle(transfer)
        try handle.prepare(request, socketPath: socketPath)
        let code = handle.perform(request.headers)
        if let failure = transfer.failure { throw failure }
        if code != CURLE_OK && !transfer.wasStopped {
            throw handle.error(code, socketPath: socketPath, timeoutSeconds: request.timeoutSeconds)
        }
        transfer.finish()
        return Answer(
            status: transfer.status,
            headers: transfer.headers,
            body: transfer.body
        )
    }
}
