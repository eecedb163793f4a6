import Configuration
import Domain
import TestSupport
import Testing

@testable import Ingestion

@Suite struct FileTests {
    private let text = Array("user_id,days,amount\na,2024-01-02,1.5\nb,2024-01-03,2\n".utf8)

    @Test("plain and compressed files are read alike, whatever their names")
    func files() throws {
        let folder = try TemporaryFolder()
        let plain = try folder.write("plain.csv.gz", text)
        let packed = try folder.write("packed.csv", gzipped(text))
        let members = try folder.write(
            "members.csv.gz",
            gzipped(text) + gzipped(Array("c,20240104,3\n".utf8))
        )
        let expected = ["a|2024-01-02|1.5", "b|2024-01-03|2.0"]
        #expect(try CSVSource(path: plain, columns: shopColumns).read().shown == expected)
        #expect(try CSVSource(path: packed, columns: shopColumns).read().shown == expected)
        #expect(
            try CSVSource(path: members, columns: shopColumns).read().shown
                == expected + ["c|2024-01-04|3.0"]
        )
    }

    @Test("a reading that is cancelled ends between two blocks")
    func cancelled() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("a.csv", text)
        let source = CSVSource(path: file, columns: shopColumns, isCancelled: { true })
        let error = #expect(throws: IngestionError.self) { try source.read() }
        #expect(error?.failureClass == .cancelled)
    }

    @Test("a file of many blocks comes through whole")
    func manyBlocks() throws {
        var bytes = Array("user_id,days,amount\n".utf8)
        for row in 0..<200_000 { bytes += Array("c\(row % 5000),2024-01-02,\(row)\n".utf8) }
        let folder = try TemporaryFolder()
        for file in [try folder.write("a.csv", bytes), try folder.write("b.csv", gzipped(bytes))] {
            let rows = try CSVSource(path: file, columns: shopColumns).read()
            #expect(rows.count == 200_000)
            #expect(rows.customers.count == 5000)
            #expect(rows.amount?.reduce(0, +) == 19_999_900_000.0)
        }
    }

    @Test("a file that is not there, or no file, is named with the reason")
    func missing() {
        #expect {
            try CSVSource(path: "/nonexistent/shop.csv", columns: shopColumns).read()
        } throws: {
            ($0 as? IngestionError)?.message
                == "could not read file \"/nonexistent/shop.csv\": No such file or directory"
                && ($0 as? IngestionError)?.failureClass == .configuration
        }
        #expect {
            try CSVSource(path: "/tmp", columns: shopColumns).read()
        } throws: {
            ($0 as? IngestionError)?.message == "could not read file \"/tmp\": Is a directory"
        }
    }

    @Test("a compressed file that was cut or changed is damaged")
    func damaged() throws {
        var random = SeededNumbers(state: 7)
        var bytes = Array("user_id,days,amount\n".utf8)
        for _ in 0..<20_000 { bytes += Array("c\(random.next()),2024-01-02,1\n".utf8) }
        let packed = try gzipped(bytes)
        var flipped = packed
        flipped[packed.count / 2] ^= 0xFF
        let folder = try TemporaryFolder()
        let files = [
            try folder.write("cut.csv.gz", Array(packed.dropLast(1000))),
            try folder.write("flipped.csv.gz", flipped),
        ]
        for file in files {
            #expect {
                try CSVSource(path: file, columns: shopColumns).read()
            } throws: {
                ($0 as? IngestionError)?.message == "compressed file \"\(file)\" is damaged"
            }
        }
    }
}
