import CCurl
import Glibc

/// One libcurl handle with its list of headers, for one transfer.
@safe struct EasyHandle: ~Copyable {
    private let handle: UnsafeMutableRawPointer
    private let transfer: Transfer

    init(_ transfer: Transfer) throws(HTTPClientError) {
        guard let handle = unsafe curl_easy_init() else {
            throw .broken(cause: "libcurl could not start")
        }
        unsafe self.handle = handle
        self.transfer = transfer
    }

    deinit { unsafe curl_easy_cleanup(handle) }

    func prepare(
        _ request: HTTPClient.Request,
        socketPath: String
    ) throws(HTTPClientError) {
        let milliseconds = request.timeoutSeconds.map { Int($0 * 1000) } ?? 0
        // The environment's proxy must not see what goes to a socket.
        let texts: [(CURLoption, String)] = [
            (CURLOPT_UNIX_SOCKET_PATH, socketPath),
            (CURLOPT_URL, "http://localhost" + request.path),
            (CURLOPT_CUSTOMREQUEST, request.method), (CURLOPT_PROXY, ""),
            (CURLOPT_PROTOCOLS_STR, "http"),
        ]
        for (option, text) in texts { try check(unsafe ccurl_set_text(handle, option, text)) }
        let numbers: [(CURLoption, Int)] = [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_CONNECTTIMEOUT_MS, 5000),
            (CURLOPT_TIMEOUT_MS, milliseconds), (CURLOPT_FOLLOWLOCATION, 0),
        ]
        for (option, number) in numbers { try check(unsafe ccurl_set_long(handle, option, number)) }
        if let body = request.body {
            try check(unsafe ccurl_set_body(handle, body, body.count))
        }
        let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
        try check(unsafe ccurl_set_receiver(handle, receiveBody, context))
        try check(unsafe ccurl_set_header_receiver(handle, receiveHeader, context))
        try check(unsafe ccurl_set_progress(handle, watchProgress, context))
    }

    func perform(_ headers: [(name: String, value: String)]) -> CURLcode {
        var list: UnsafeMutablePointer<curl_slist>?
        for header in headers + [("Expect", "")] {
            unsafe list = unsafe curl_slist_append(list, "\(header.name): \(header.value)")
        }
        defer { unsafe curl_slist_free_all(list) }
        unsafe ccurl_set_headers(handle, list)
        return unsafe curl_easy_perform(handle)
    }

    private func check(_ code: CURLcode) throws(HTTPClientError) {
        guard code == CURLE_OK else { throw .broken(cause: text(code)) }
    }

    private func text(_ code: CURLcode) -> String {
        unsafe String(cString: curl_easy_strerror(code))
    }

    /// Tells apart the ways in which nobody answers.
    func error(_ code: CURLcode, socketPath: String, timeoutSeconds: Double?) -> HTTPClientError {
        if code == CURLE_OPERATION_TIMEDOUT { return .timedOut(seconds: timeoutSeconds ?? 0) }
        guard code == CURLE_COULDNT_CONNECT else { return .broken(cause: text(code)) }
        var number = 0
        _ = unsafe ccurl_get_long(handle, CURLINFO_OS_ERRNO, &number)
        return switch Int32(number) {
        case ENOENT, ENOTDIR: .noSocket(path: socketPath)
        case ECONNREFUSED: .refused(path: socketPath)
        case EACCES, EPERM: .notPermitted(path: socketPath)
        case let other: .broken(cause: unsafe String(cString: strerror(other)))
        }
    }
}

// What libcurl calls, on the thread that waits; `context` is the transfer, which the caller of
// `perform` keeps alive.

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    unsafe context.map { unsafe Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    let received = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    guard let transfer = unsafe transfer(context), unsafe transfer.take(received) else { return 0 }
    return received.count
}

private func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    let received = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    unsafe transfer(context)?.takeHeader(String(decoding: received, as: UTF8.self))
    return received.count
}

private func watchProgress(
    _ context: UnsafeMutableRawPointer?,
    _: curl_off_t,
    _: curl_off_t,
    _: curl_off_t,
    _: curl_off_t
) -> Int32 {
    unsafe transfer(context)?.goOn() == false ? 1 : 0
}
