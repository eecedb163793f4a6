/// The tables of the state, and how a file gets them.
enum Schema {
    static let version: Int64 = 1
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

    /// Checks the file and brings it to the version that this program knows.
    static func prepare(_ database: SQLite) throws(StateError) {
        for setting in [
            "pragma journal_mode = wal", "pragma synchronous = full", "pragma foreign_keys = on",
            "pragma cache_size = -512",
        ] {
            try database.run(setting)
        }
        let verdict = try database.query("pragma quick_check(1)") { $0.text(0) ?? "" }
        guard verdict == ["ok"] else {
            throw .damaged(path: database.path, cause: verdict.joined(separator: "; "))
        }
        let found = try database.query("pragma user_version") { $0.integer(0) ?? 0 }.first ?? 0
        if found == version { return }
        guard found == 0 else {
            throw .foreignVersion(path: database.path, found: found, known: version)
        }
        for statement in tables { try database.change(statement, []) }
        try database.change("pragma application_id = \(applicationID)", [])
        try database.change("pragma user_version = \(version)", [])
        try database.commit()
    }
}
