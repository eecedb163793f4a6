import CPostgres
import Configuration
import Domain
import Glibc

/// The keywords and values of one connection attempt.
struct ConnectionParameters {
    private(set) var pairs: [(keyword: String, value: String)]

    /// What comes before `dbname` gives way to a connection string there; what comes after stands.
    init(
        _ settings: ConnectionSettings,
        applicationName: String,
        limits: WaitLimits,
        credentials: String?
    ) throws(PostgresError) {
        pairs = [
            ("tcp_user_timeout", String(limits.connectSeconds * 2000)),
            ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
        ]
        if let conninfo = settings.conninfo {
            try ConnectionParameters.check(conninfo)
            pairs.append(("dbname", conninfo))
        }
        func append(_ keyword: String, _ value: String?) {
            if let value { pairs.append((keyword, value)) }
        }
        append("host", settings.server)
        append("port", settings.port.map { String($0) })
        append("dbname", settings.conninfo == nil ? settings.database : nil)
        append("user", settings.user)
        append("password", try password(of: settings, credentials: credentials))
        append("application_name", applicationName)
        append("client_encoding", "UTF8")
        for (_, value) in pairs where value.utf8.contains(0) {
            throw PostgresError.badConninfo("a connection setting holds a NUL character")
        }
    }

    /// Where they lead, for messages; a connection string may hold more than should be shown.
    var place: String {
        func last(_ keyword: String) -> String? { pairs.last { $0.keyword == keyword }?.value }
        return "the server" + (last("host").map { " \"\($0)\"" } ?? "")
            + (last("port").map { " port \($0)" } ?? "")
    }

    /// Refuses a connection string that libpq cannot read or that holds a password.
    private static func check(_ conninfo: String) throws(PostgresError) {
        var complaint: UnsafeMutablePointer<CChar>?
        guard let options = unsafe PQconninfoParse(conninfo, &complaint) else {
            let text = unsafe string(complaint)
            unsafe PQfreemem(complaint)
            // The complaint quotes the string, and there may be a password in it.
            throw .badConninfo(conninfo.contains("password") ? nil : oneLine(text))
        }
        defer { unsafe PQconninfoFree(options) }
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if unsafe string(keyword) == "password", unsafe option.pointee.val != nil {
                throw PostgresError(
                    code: "password_in_configuration",
                    message: "conninfo cannot hold a password",
                    fix: "put the password in password_credential or password_file",
                    failureClass: .configuration
                )
            }
            unsafe option += 1
        }
    }
}

extension PostgresError {
    static func badConninfo(_ cause: String?) -> PostgresError {
        PostgresError(
            code: "bad_conninfo",
            message: "cannot read the connection settings",
            cause: cause,
            fix: "write conninfo as keyword=value pairs or a postgresql:// address",
            failureClass: .configuration
        )
    }
}

/// The password that the settings refer to, read anew each time; nil when they refer to none.
private func password(
    of settings: ConnectionSettings,
    credentials: String?
) throws(PostgresError) -> String? {
    if let name = settings.passwordCredential {
        guard let credentials else {
            throw unreadable(
                "credential \"\(name)\"",
                cause: "CREDENTIALS_DIRECTORY is not set",
                fix: "add LoadCredential=\(name):FILE to the service, then restart it"
            )
        }
        guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")), name != ".." else {
            throw unreadable(
                "credential \"\(name)\"",
                cause: "a credential's name holds no slash",
                fix: "correct password_credential"
            )
        }
        return try firstLine(
            of: credentials + "/" + name,
            as: "credential \"\(name)\"",
            fix: "add LoadCredential=\(name):FILE to the service, then restart it"
        )
    }
    guard let path = settings.passwordFile else { return nil }
    return try firstLine(
        of: path,
        as: "password file \"\(path)\"",
        fix: "correct password_file, or make the file readable for the service's user"
    )
}

private func firstLine(
    of path: String,
    as name: String,
    fix: String
) throws(PostgresError) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(name, cause: errorText(errno), fix: fix) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let size = bytes.count
    let length = unsafe bytes.withUnsafeMutableBytes {
        unsafe read(descriptor, $0.baseAddress, size)
    }
    guard length >= 0 else { throw unreadable(name, cause: errorText(errno), fix: fix) }
    let line = bytes.prefix(length).prefix { $0 != 10 && $0 != 13 }
    guard !line.isEmpty, let text = String(validating: line, as: UTF8.self) else {
        throw unreadable(name, cause: "its first line is empty or is not UTF-8", fix: fix)
    }
    return text
}

private func unreadable(_ name: String, cause: String, fix: String) -> PostgresError {
    PostgresError(
        code: "password_unreadable",
        message: "could not read \(name)",
        cause: cause,
        fix: fix,
        failureClass: .configuration
    )
}

func errorText(_ number: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard unsafe strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
