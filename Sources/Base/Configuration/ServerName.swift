extension ConnectionSettings {
    /// What tells one database server from another: `host:port`, whoever connects to which database.
    ///
    /// As libpq would read it, but for its environment and service files; those servers go by the
    /// service's name.
    package var serverName: String {
        guard let conninfo else { return ServerAddress.name(server ?? "", port.map(String.init)) }
        let words = ServerAddress.words(of: conninfo)
        let host = words["hostaddr"] ?? words["host"]
        if host == nil, let service = words["service"] { return "service \(service)" }
        return ServerAddress.name(host ?? "", words["port"])
    }
}

private enum ServerAddress {
    static func name(_ host: String, _ port: String?) -> String {
        "\(host.lowercased()):\(port.flatMap { $0.isEmpty ? nil : $0 } ?? "5432")"
    }

    /// The settings of a connection string of either kind.
    static func words(of conninfo: String) -> [String: String] {
        for scheme in ["postgresql://", "postgres://"] where conninfo.hasPrefix(scheme) {
            return words(ofAddress: conninfo.dropFirst(scheme.count))
        }
        return words(ofPairs: conninfo)
    }

    /// `user@host:port/database?name=value`; of several hosts the names and the ports with commas.
    private static func words(ofAddress address: Substring) -> [String: String] {
        var words: [String: String] = [:]
        let authority = address.prefix { $0 != "/" && $0 != "?" }
        let places = authority[
            (authority.lastIndex(of: "@").map(authority.index(after:)) ?? authority.startIndex)...
        ]
        .split(separator: ",", omittingEmptySubsequences: false).map(hostAndPort)
        if places.contains(where: { !$0.host.isEmpty }) {
            words["host"] = places.map { decoded($0.host) }.joined(separator: ",")
        }
        if places.contains(where: { !$0.port.isEmpty }) {
            words["port"] = places.map(\.port).joined(separator: ",")
        }
        guard let question = address.firstIndex(of: "?") else { return words }
        for pair in address[address.index(after: question)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { words[String(parts[0])] = decoded(parts[1]) }
        }
        return words
    }

    /// The colon of a port is behind the brackets of an IPv6 address.
    private static func hostAndPort(_ place: Substring) -> (host: Substring, port: String) {
        if place.first == "[", let end = place.firstIndex(of: "]") {
            return (
                place[place.index(after: place.startIndex)..<end],
                String(place[place.index(after: end)...].drop { $0 == ":" })
            )
        }
        guard let colon = place.lastIndex(of: ":") else { return (place, "") }
        return (place[..<colon], String(place[place.index(after: colon)...]))
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2,
                let value = UInt8(digits, radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `name = value`, the value perhaps in quotes; a backslash keeps what follows it.
    private static func words(ofPairs text: String) -> [String: String] {
        var words: [String: String] = [:]
        var rest = text[...]
        while let equals = rest.firstIndex(of: "=") {
            let name = rest[..<equals].trimmed
            rest = rest[rest.index(after: equals)...].drop(while: \.isWhitespace)
            words[name] = value(&rest)
        }
        return words
    }

    private static func value(_ rest: inout Substring) -> String {
        let isQuoted = rest.first == "'"
        if isQuoted { rest.removeFirst() }
        var value = ""
        while let character = rest.popFirst() {
            if isQuoted ? character == "'" : character.isWhitespace { break }
            if character == "\\" {
                if let kept = rest.popFirst() { value.append(kept) }
            } else {
                value.append(character)
            }
        }
        return value
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
