import CSQLite
import Faults
import Glibc

/// A value as SQLite keeps it.
enum SQLValue {
    case null
    case integer(Int64)
    case text(String)

    init(_ value: Int64?) { self = value.map { .integer($0) } ?? .null }
    init(_ value: String?) { self = value.map { .text($0) } ?? .null }
}

/// One open database file, and its one transaction.
@safe final class SQLite {
    let path: String
    private let handle: OpaquePointer
    /// Whether something was written since the last commit, and whether that may not wait.
    private(set) var isDirty = false
    private(set) var isUrgent = false
    /// Statements that were parsed before; parsing takes longer than most of them take to run.
    private var prepared: [String: Statement] = [:]
    /// How many pages the write-ahead log has, by the last commit.
    private let pages = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    /// Longer logs are read too slowly, and take too much of the disk.
    private static let mostPages = 4000

    init(path: String) throws(StateError) {
        self.path = path
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let result = unsafe sqlite3_open_v2(path, &opened, flags, nil)
        guard result == SQLITE_OK, let opened = unsafe opened else {
            let cause = unsafe String(cString: sqlite3_errstr(result))
            unsafe sqlite3_close(opened)
            throw .failed(path: path, action: "open", cause: cause)
        }
        unsafe handle = unsafe opened
        _ = unsafe sqlite3_busy_timeout(handle, 2000)
        unsafe pages.initialize(to: 0)
        unsafe csqlite_watch_log(handle, pages)
    }

    deinit {
        prepared = [:]
        unsafe sqlite3_close(handle)
        unsafe pages.deallocate()
    }

    /// Runs a statement that changes something; the first one begins the transaction.
    func change(_ sql: String, _ values: [SQLValue], mayWait: Bool = false) throws(StateError) {
        if !isDirty {
            try run("begin immediate")
            isDirty = true
        }
        if !mayWait { isUrgent = true }
        _ = try query(sql, values) { _ in }
    }

    /// Ends the transaction, if there is one: what was changed survives the process, and the machine
    /// once the log is on disk.
    ///
    /// - Returns: whether there was anything to write.
    func commit(isForced: Bool = false) throws(StateError) -> Bool {
        guard isDirty, isUrgent || isForced else { return false }
        try pass(.stateCommit)
        try run("commit")
        (isDirty, isUrgent) = (false, false)
        if unsafe pages.pointee > SQLite.mostPages { try emptyLog() }
        return true
    }

    /// Moves what is in the write-ahead log to the database, on disk; not amid a transaction.
    func emptyLog() throws(StateError) {
        guard !isDirty, unsafe pages.pointee > 0 else { return }
        try pass(.stateCheckpoint)
        _ = try query("pragma wal_checkpoint(passive)") { _ in }
        unsafe pages.pointee = 0
    }

    /// Empties the log and begins it anew, for quiet times.
    ///
    /// SQLite itself waits for the disk when it begins a log, which no caller shall wait for.
    func renewLog() throws(StateError) {
        guard !isDirty, unsafe pages.pointee > 1 else { return }
        try emptyLog()
        for statement in ["begin immediate", "pragma user_version = \(Schema.version)", "commit"] {
            try run(statement)
        }
    }

    private func pass(_ fault: Fault) throws(StateError) {
        guard let errno = fault.pass() else { return }
        throw .failed(path: path, action: "write", errno: errno)
    }

    /// Runs a statement outside the transaction's bookkeeping.
    func run(_ sql: String) throws(StateError) {
        try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil), sql)
    }

    func query<Result>(
        _ sql: String,
        _ values: [SQLValue] = [],
        _ body: (Row) throws(StateError) -> Result
    ) throws(StateError) -> [Result] {
        let statement = try take(sql)
        defer { giveBack(statement, sql) }
        for (index, value) in values.enumerated() {
            try check(unsafe bind(statement.handle, Int32(index + 1), value), sql)
        }
        var results: [Result] = []
        while true {
            switch unsafe sqlite3_step(statement.handle) {
            case SQLITE_ROW: results.append(try body(unsafe Row(statement: statement.handle)))
            case SQLITE_DONE: return results
            case let failure: try check(failure, sql)
            }
        }
    }

    /// A statement that nobody else uses until it is given back.
    private func take(_ sql: String) throws(StateError) -> Statement {
        if let known = prepared.removeValue(forKey: sql) { return known }
        var made: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        try check(unsafe sqlite3_prepare_v3(handle, sql, -1, flags, &made, nil), sql)
        guard let made = unsafe made else {
            throw .failed(path: path, action: "read", cause: "an empty statement")
        }
        return unsafe Statement(made)
    }

    private func giveBack(_ statement: Statement, _ sql: String) {
        unsafe sqlite3_reset(statement.handle)
        unsafe sqlite3_clear_bindings(statement.handle)
        prepared[sql] = statement
    }

    private func bind(_ statement: OpaquePointer, _ index: Int32, _ value: SQLValue) -> Int32 {
        switch value {
        case .null: return unsafe sqlite3_bind_null(statement, index)
        case .integer(let number): return unsafe sqlite3_bind_int64(statement, index, number)
        case .text(let text):
            let size = Int32(clamping: text.utf8.count)
            return unsafe csqlite_bind_text(statement, index, text, size)
        }
    }

    private func check(_ result: Int32, _ sql: String) throws(StateError) {
        if result == SQLITE_OK { return }
        let cause = unsafe String(cString: sqlite3_errmsg(handle))
        switch result & 0xff {
        case SQLITE_CORRUPT, SQLITE_NOTADB: throw .damaged(path: path, cause: cause)
        default:
            let verb = sql.prefix { $0 != " " }
            let reads = verb == "select" || verb == "pragma"
            throw .failed(path: path, action: reads ? "read" : "write", cause: cause)
        }
    }
}

/// A parsed statement, which is run again and again.
@safe private final class Statement {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) { unsafe self.handle = unsafe handle }

    deinit { unsafe sqlite3_finalize(handle) }
}

/// The row that a query stands on.
@safe struct Row {
    fileprivate let statement: OpaquePointer

    fileprivate init(statement: OpaquePointer) { unsafe self.statement = unsafe statement }

    func integer(_ column: Int) -> Int64? {
        guard unsafe sqlite3_column_type(statement, Int32(column)) != SQLITE_NULL else {
            return nil
        }
        return unsafe sqlite3_column_int64(statement, Int32(column))
    }

    func text(_ column: Int) -> String? {
        guard let bytes = unsafe sqlite3_column_text(statement, Int32(column)) else { return nil }
        let count = Int(unsafe sqlite3_column_bytes(statement, Int32(column)))
        return unsafe String(
            decoding: UnsafeBufferPointer(start: bytes, count: count),
            as: UTF8.self
        )
    }
}
