/// One request, whole.
package struct HTTPRequest: Sendable {
    package var method: String
    /// As it was sent, without the query.
    package var path: String
    /// Decoded.
    package var query: [String: String]
    /// By name in lower case.
    package var headers: [String: String]
    package var body: [UInt8]
    package var peer: Peer
}

/// Who is at the other end of the socket, as the kernel says.
package struct Peer: Hashable, Sendable {
    package var pid: Int32
    package var uid: UInt32
    package var gid: UInt32
    /// The supplementary groups.
    package var groups: [UInt32]

    package init(pid: Int32, uid: UInt32, gid: UInt32, groups: [UInt32]) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
        self.groups = groups
    }
}

/// One answer, whole.
package struct HTTPResponse: Hashable, Sendable {
    package var status: Int
    package var contentType: String
    package var body: [UInt8]

    package init(status: Int, contentType: String, body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}

/// Bounds on what peers may do.
package struct HTTPLimits: Sendable {
    package var bodyBytes = 1 << 20
    package var connections = 256
    /// A connection on which nothing moves is closed; one that waits for us is not.
    package var idleSeconds = 30
    /// A peer that reads its stream too slowly is cut off.
    package var unreadBytes = 1 << 20
    /// Sent with every answer.
    package var headers: [String: String] = [:]

    package init() {}
}
