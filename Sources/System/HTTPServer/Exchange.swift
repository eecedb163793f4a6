import CLinux
import CMicroHTTPD

/// A request that waits for its answer, or for more of it.
///
/// libmicrohttpd sees nothing of the connection while it is suspended here. Answering wakes it.
@safe package final class Exchange {
    package let request: HTTPRequest
    private let conversation: Conversation

    init(request: HTTPRequest, conversation: Conversation) {
        self.request = request
        self.conversation = conversation
    }

    package func answer(_ response: HTTPResponse) {
        conversation.answer = .whole(response)
        conversation.resume()
    }

    /// Begins an answer whose lines come one by one.
    package func stream(contentType: String) -> LineStream {
        let stream = LineStream(conversation)
        conversation.answer = .stream(stream, contentType: contentType)
        conversation.resume()
        return stream
    }
}

/// An answer that goes on: lines are sent as they come, until one side ends it.
package final class LineStream {
    private weak var conversation: Conversation?
    private var unread: [UInt8] = []
    private var hasEnded = false
    /// The peer is gone, or was too slow; nothing that is sent arrives any more.
    package private(set) var isClosed = false
    private let unreadLimit: Int

    fileprivate init(_ conversation: Conversation) {
        self.conversation = conversation
        unreadLimit = conversation.limits.unreadBytes
    }

    package func send(line: [UInt8]) {
        guard !isClosed, !hasEnded else { return }
        unread += line
        unread.append(10)
        if unread.count > unreadLimit { isClosed = true }
        conversation?.resume()
    }

    /// What was sent before still arrives.
    package func end() {
        hasEnded = true
        conversation?.resume()
    }

    func close() { isClosed = true }

    /// Moves bytes into libmicrohttpd's buffer, or says why there are none.
    @safe func read(into buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> Int {
        if isClosed { return -2 }  // MHD_CONTENT_READER_END_WITH_ERROR
        let count = min(capacity, unread.count)
        if count == 0 {
            if hasEnded { return -1 }  // MHD_CONTENT_READER_END_OF_STREAM
            conversation?.suspend()
            return 0
        }
        let space = unsafe UnsafeMutableRawBufferPointer(start: buffer, count: count)
        unsafe space.copyBytes(from: unread.prefix(count))
        unread.removeFirst(count)
        return count
    }
}

/// One request of one connection, from its head to its end.
@safe final class Conversation {
    enum Answer {
        case whole(HTTPResponse)
        case stream(LineStream, contentType: String)
    }

    let limits: HTTPLimits
    private let connection: OpaquePointer
    let socket: Int32
    /// Where a suspended connection's hang-up is seen.
    private let hub: Int32
    var request: HTTPRequest
    var answer: Answer?
    private(set) var isSuspended = false

    init(connection: OpaquePointer, request: HTTPRequest, limits: HTTPLimits, hub: Int32) {
        unsafe self.connection = unsafe connection
        socket = unsafe cmicrohttpd_socket(connection)
        self.request = request
        self.limits = limits
        self.hub = hub
    }

    func suspend() {
        unsafe MHD_suspend_connection(connection)
        isSuspended = true
        _ = clinux_epoll_add(hub, socket, 0)
    }

    func resume() {
        guard isSuspended else { return }
        isSuspended = false
        _ = clinux_epoll_remove(hub, socket)
        unsafe MHD_resume_connection(connection)
    }

    /// The peer hung up, or the server stops.
    func close() {
        switch answer {
        case .stream(let stream, _): stream.close()
        case .whole: break
        case nil:
            answer = .whole(HTTPResponse(status: 503, contentType: "text/plain", body: []))
        }
        resume()
    }
}
