package import Configuration
package import Domain

/// Reads purchases from a CSV file with a header, also compressed with gzip.
///
/// The file is read in blocks and never held whole. Rows that cannot be read are kept as such;
/// only what makes the whole file useless is thrown.
package struct CSVSource: Sendable {
    package var path: String
    package var columns: ColumnSettings
    /// How many spoilt rows keep their text; the rest are only counted.
    package var originalsKept: Int
    /// The civil day of an instant in the zone in which purchase days are counted; asked only for
    /// times that carry an offset.
    package var zoneDay: @Sendable (Instant) -> Day
    /// Asked before each block.
    package var isCancelled: @Sendable () -> Bool

    package init(
        path: String,
        columns: ColumnSettings,
        originalsKept: Int = 10_000,
        zoneDay: @escaping @Sendable (Instant) -> Day = { $0.utcDay },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.path = path
        self.columns = columns
        self.originalsKept = originalsKept
        self.zoneDay = zoneDay
        self.isCancelled = isCancelled
    }

    package func read() throws(IngestionError) -> PurchaseRows {
        let file = try FileBlocks(path: path)
        let decoder = CSVDecoder(
            path: path,
            columns: columns,
            times: TimeParser(zoneDay: zoneDay),
            originalsKept: originalsKept
        )
        return try decoding(with: decoder) { put throws(IngestionError) in
            while true {
                guard !isCancelled() else { throw .cancelled }
                let block = try file.next()
                if block.isEmpty || !put(block) { return }
            }
        }
    }
}
