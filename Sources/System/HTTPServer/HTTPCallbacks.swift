import CLinux
import CMicroHTTPD

extension HTTPServer {
    func begin(
        _ connection: OpaquePointer,
        _ method: String,
        _ path: String
    ) -> Conversation? {
        guard let peer = peer(of: unsafe cmicrohttpd_socket(connection)) else { return nil }
        let request = HTTPRequest(
            method: method,
            path: path,
            query: unsafe values(.GET_ARGUMENT_KIND, connection),
            headers: unsafe values(.HEADER_KIND, connection),
            body: [],
            peer: peer
        )
        let conversation = unsafe Conversation(
            connection: connection,
            request: request,
            limits: limits,
            hub: descriptor
        )
        conversations[ObjectIdentifier(conversation)] = conversation
        return conversation
    }

    func isWhole(_ conversation: Conversation) {
        waiting.append(Exchange(request: conversation.request, conversation: conversation))
        conversation.suspend()
    }

    func isOver(_ conversation: Conversation) {
        if case .stream(let stream, _) = conversation.answer { stream.close() }
        conversations[ObjectIdentifier(conversation)] = nil
    }

    private func peer(of socket: Int32) -> Peer? {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        guard unsafe clinux_peer_credentials(socket, &pid, &uid, &gid) == 0 else { return nil }
        var groups = [UInt32](repeating: 0, count: 1024)
        let count = unsafe clinux_peer_groups(socket, &groups, 1024)
        return Peer(pid: pid, uid: uid, gid: gid, groups: Array(groups.prefix(Int(max(0, count)))))
    }
}

private final class Values {
    let isHeader: Bool
    var values: [String: String] = [:]

    init(isHeader: Bool) { self.isHeader = isHeader }
}

/// The headers or the parts of the query.
private func values(_ kind: MHD_ValueKind, _ connection: OpaquePointer) -> [String: String] {
    let collected = Values(isHeader: kind == .HEADER_KIND)
    _ = unsafe MHD_get_connection_values(
        connection,
        kind,
        collectValue,
        Unmanaged.passUnretained(collected).toOpaque()
    )
    return collected.values
}

private func collectValue(
    context: UnsafeMutableRawPointer?,
    _: MHD_ValueKind,
    name: UnsafePointer<CChar>?,
    value: UnsafePointer<CChar>?
) -> MHD_Result {
    guard let context = unsafe context, let name = unsafe name else { return .YES }
    let collected = unsafe Unmanaged<Values>.fromOpaque(context).takeUnretainedValue()
    let key = unsafe String(cString: name)
    let text = unsafe value.map { unsafe String(cString: $0) } ?? ""
    if collected.isHeader {
        collected.values[key.lowercased()] = text
    } else {
        collected.values[decoded(key)] = decoded(text)
    }
    return .YES
}

private func decoded(_ text: String) -> String {
    var bytes = Array(text.utf8CString)
    _ = unsafe MHD_http_unescape(&bytes)
    return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Called for the head, for each piece of the body, at the end, and again when the answer is there.
func requestArrives(
    server: UnsafeMutableRawPointer?,
    connection: OpaquePointer?,
    url: UnsafePointer<CChar>?,
    method: UnsafePointer<CChar>?,
    _: UnsafePointer<CChar>?,
    piece: UnsafePointer<CChar>?,
    pieceSize: UnsafeMutablePointer<Int>?,
    context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let owner = unsafe server, let connection = unsafe connection, let url = unsafe url,
        let method = unsafe method, let pieceSize = unsafe pieceSize, let context = unsafe context
    else { return .NO }
    let server = unsafe Unmanaged<HTTPServer>.fromOpaque(owner).takeUnretainedValue()
    guard let known = unsafe context.pointee else {
        let method = unsafe String(cString: method)
        let url = unsafe String(cString: url)
        guard let made = unsafe server.begin(connection, method, url) else { return .NO }
        // Taken back in `requestIsOver`.
        unsafe context.pointee = unsafe Unmanaged.passRetained(made).toOpaque()
        let length = made.request.headers["content-length"].flatMap { Int($0) } ?? 0
        if length > made.limits.bodyBytes { return unsafe queue(tooLarge, made, connection) }
        return .YES
    }
    let conversation = unsafe Unmanaged<Conversation>.fromOpaque(known).takeUnretainedValue()
    if unsafe pieceSize.pointee > 0 {
        let bytes = unsafe UnsafeRawBufferPointer(start: piece, count: pieceSize.pointee)
        unsafe conversation.request.body.append(contentsOf: bytes)
        unsafe pieceSize.pointee = 0
        return conversation.request.body.count > conversation.limits.bodyBytes ? .NO : .YES
    }
    switch conversation.answer {
    case nil:
        // Nobody would take it: the last round of a server that stops reads what came meanwhile.
        if server.isStopping { return .NO }
        server.isWhole(conversation)
        return .YES
    case .whole(let response): return unsafe queue(response, conversation, connection)
    case .stream(let stream, let contentType):
        return unsafe queue(stream, contentType, conversation, connection)
    }
}

private let tooLarge = HTTPResponse(
    status: 413,
    contentType: "text/plain",
    body: Array("the request is larger than 1 MiB\n".utf8)
)

func requestIsOver(
    server: UnsafeMutableRawPointer?,
    _: OpaquePointer?,
    context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _: MHD_RequestTerminationCode
) {
    guard let server = unsafe server, let known = unsafe context?.pointee else { return }
    unsafe context?.pointee = nil
    let conversation = unsafe Unmanaged<Conversation>.fromOpaque(known).takeRetainedValue()
    unsafe Unmanaged<HTTPServer>.fromOpaque(server).takeUnretainedValue().isOver(conversation)
}

private func queue(
    _ response: HTTPResponse,
    _ conversation: Conversation,
    _ connection: OpaquePointer
) -> MHD_Result {
    var body = response.body
    let made = unsafe body.withUnsafeMutableBytes {
        unsafe MHD_create_response_from_buffer($0.count, $0.baseAddress, .RESPMEM_MUST_COPY)
    }
    var headers = conversation.limits.headers
    headers["Content-Type"] = response.contentType
    return unsafe queue(made, response.status, headers, connection)
}

private func queue(
    _ stream: LineStream,
    _ contentType: String,
    _ conversation: Conversation,
    _ connection: OpaquePointer
) -> MHD_Result {
    let made = unsafe MHD_create_response_from_callback(
        UInt64.max,  // MHD_SIZE_UNKNOWN
        4096,
        readStream,
        Unmanaged.passRetained(stream).toOpaque(),
        freeStream
    )
    var headers = conversation.limits.headers
    headers["Content-Type"] = contentType
    return unsafe queue(made, 200, headers, connection)
}

private func queue(
    _ response: OpaquePointer?,
    _ status: Int,
    _ headers: [String: String],
    _ connection: OpaquePointer
) -> MHD_Result {
    guard let response = unsafe response else { return .NO }
    defer { unsafe MHD_destroy_response(response) }
    for (name, value) in headers { _ = unsafe MHD_add_response_header(response, name, value) }
    return unsafe MHD_queue_response(connection, UInt32(status), response)
}

private func readStream(
    context: UnsafeMutableRawPointer?,
    _: UInt64,
    buffer: UnsafeMutablePointer<CChar>?,
    capacity: Int
) -> Int {
    guard let context = unsafe context else { return -2 }
    let stream = unsafe Unmanaged<LineStream>.fromOpaque(context).takeUnretainedValue()
    return stream.read(into: buffer, capacity)
}

private func freeStream(context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe Unmanaged<LineStream>.fromOpaque(context).release()
}
