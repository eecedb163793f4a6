/// The tables of the state, and how a file gets them.
enum Schema {
    static let version: Int64 = 2
    /// "clvd" in ASCII: tells our files from other people's.
    static let applicationID: Int64 = 0x636C_7664

    private static let tables = [
        """
        create table runs (
            id text primary key,
            tenant text not null,
            job text not null,
            state text not null,
            attempt integer not null,
            crashes integer not null,
            interruptions integer not null,
            due_at integer,
            as_of text,
            retrain integer not null,
            reasons text not null,
            stale_since integer,
            queued_at integer not null,
            not_before integer,
            started_at integer,
            finished_at integer,
            is_cancelling integer not null,
            error text,
            result text
        ) strict
        """,
        "create index runs_by_job on runs (tenant, job, queued_at)",
        "create index runs_by_time on runs (queued_at)",
        """
        create index open_runs on runs (state) where state in ('queued', 'running', 'interrupted')
        """,
        """
        create table jobs (
            tenant text not null,
            job text not null,
            next_due_at integer,
            last_due_at integer,
            hold text,
            start_at integer,
            is_catch_up integer not null default 0,
            missed integer not null default 0,
            memory_bytes integer,
            data text,
            primary key (tenant, job)
        ) strict
        """,
        """
        create table checks (
            tenant text not null,
            job text not null,
            at integer not null,
            verdict text not null,
            reasons text not null,
            stale_since integer,
            primary key (tenant, job, at)
        ) strict, without rowid
        """,
        """
        create table events (
            run_id text not null references runs on delete cascade,
            number integer not null,
            line text not null,
            primary key (run_id, number)
        ) strict, without rowid
        """,
        """
        create table lives (
            started_at integer primary key,
            ended_at integer
        ) strict
        """,
        """
        create table audit (
            number integer primary key,
            at integer not null,
            uid integer not null,
            pid integer not null,
            route text not null,
            outcome text not null
        ) strict
        """,
    ]

    /// From version 1.
    private static let additions = [
        "alter table jobs add column start_at integer",
        "alter table jobs add column is_catch_up integer not null default 0",
        "alter table jobs add column missed integer not null default 0",
        "alter table jobs add column memory_bytes integer",
        "alter table jobs add column data text",
        "create table lives (started_at integer primary key, ended_at integer) strict",
    ]

    /// Checks the file and brings it to the version that this program knows.
    static func prepare(_ database: SQLite) throws(StateError) {
        for setting in [
            // Of a commit; the log is put on disk by `LogSync`.
            "pragma journal_mode = wal", "pragma synchronous = normal", "pragma foreign_keys = on",
            "pragma cache_size = -512",
        ] {
            try database.run(setting)
        }
        let verdict = try database.query("pragma quick_check(1)") { $0.text(0) ?? "" }
        guard verdict == ["ok"] else {
            throw .damaged(path: database.path, cause: verdict.joined(separator: "; "))
        }
        let found = try database.query("pragma user_version") { $0.integer(0) ?? 0 }.first ?? 0
        if found == version { return try addIndexes(database) }
        guard (0..<version).contains(found) else {
            throw .foreignVersion(path: database.path, found: found, known: version)
        }
        let changes = found == 0 ? tables : additions
        for statement in changes { try database.change(statement, []) }
        try database.change("pragma application_id = \(applicationID)", [])
        try database.change("pragma user_version = \(version)", [])
        _ = try database.commit()
        try addIndexes(database)
    }

    /// An older program keeps them without knowing, so they make no version.
    private static func addIndexes(_ database: SQLite) throws(StateError) {
        try database.run("create index if not exists runs_by_state on runs (state, queued_at)")
        // Behind its columns an index holds the rowid, which tells the last one that was kept.
        try database.run("create index if not exists runs_kept on runs (tenant, job, state)")
    }
}
