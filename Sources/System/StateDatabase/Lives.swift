package import Domain

/// When the service itself started and whether it ended in order.
extension StateDatabase {
    /// How many lives are remembered.
    private static var livesKept: Int { 100 }

    /// Notes a start; how many lives that began since `earliest` ended without a word.
    package func begin(at now: Instant, countingFrom earliest: Instant) throws(StateError) -> Int {
        let crashed =
            try database.query(
                "select count(*) from lives where ended_at is null and started_at between ? and ?",
                [.integer(earliest.microseconds), .integer(now.microseconds)]
            ) { $0.integer(0) ?? 0 }.first ?? 0
        try database.change(
            "insert or replace into lives (started_at) values (?)",
            [.integer(now.microseconds)]
        )
        try database.change(
            """
            delete from lives where started_at not in (
                select started_at from lives order by started_at desc limit \(StateDatabase.livesKept))
            """,
            []
        )
        try commit()
        return Int(crashed)
    }

    /// Notes that the life which began then ends with a word; in order, so that the trouble of those
    /// before it is over, or for a reason that it gave.
    package func end(
        lifeFrom start: Instant,
        at now: Instant,
        inOrder: Bool
    ) throws(StateError) {
        try database.change(
            """
            update lives set ended_at = ? where ended_at is null
            and started_at \(inOrder ? "<=" : "=") ?
            """,
            [.integer(now.microseconds), .integer(start.microseconds)]
        )
        try commit()
        try waitForDisk()
    }
}
