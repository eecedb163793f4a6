import Domain
import FileSystem
import Pipeline
import TestSupport
import Testing

@Suite struct ForecastTableTests {
    @Test(
        "decimals are written to the last digit",
        arguments: [
            (0, 4, "0.0000"), (5, 4, "0.0005"), (-12_345, 4, "-1.2345"), (7, 0, "7"), (0, 0, "0"),
            (Int64.min, 6, "-9223372036854.775808"), (1_000_000, 6, "1.000000"),
        ]
    )
    func decimals(value: Int64, decimals: Int, text: String) {
        var buffer: [UInt8] = []
        appendDecimal(value, decimals: decimals, to: &buffer)
        #expect(String(decoding: buffer, as: UTF8.self) == text)
    }

    @Test("cells with commas, quotes and line ends are quoted")
    func quoting() {
        #expect(csvCell("plain") == "plain")
        #expect(csvCell("a,b") == "\"a,b\"")
        #expect(csvCell("say \"hi\"\n") == "\"say \"\"hi\"\"\n\"")
    }

    @Test("a table that is not finished leaves no file")
    func unfinished() throws {
        let folder = try TemporaryFolder()
        let labels = ForecastTable.Labels(
            tenant: "t",
            job: "j",
            model: "m",
            modelVersion: "v",
            changedAt: ""
        )
        do {
            let table = try ForecastTable(replacing: folder.path + "/out.csv", labels: labels)
            _ = consume table
        }
        #expect(try FileSystem.names(in: folder.path) == [])
    }

    @Test("rows stand by customer and horizon, unknown cells empty")
    func rows() throws {
        let folder = try TemporaryFolder()
        let labels = ForecastTable.Labels(
            tenant: "file",
            job: "pipeline",
            model: "bg_nbd",
            modelVersion: "",
            changedAt: "2026-01-01T00:00:00Z"
        )
        var customers = StringPool()
        _ = customers.append("a,1")
        _ = customers.append("b")
        let batches = [30, 365].map { horizon in
            var batch = ForecastBatch(customers: 0..<2, horizonDays: horizon)
            batch[.customerGroup] = [0, 1]
            batch[.pAlive] = [0.5, .nan]
            batch[.expectedSpend] = [12.34, 0]
            return batch
        }
        var table = try ForecastTable(replacing: folder.path + "/out.csv", labels: labels)
        try table.append(batches, customers: customers)
        try table.finish()
        let lines = String(
            decoding: try FileSystem.read(folder.path + "/out.csv"),
            as: UTF8.self
        ).split(separator: "\n")
        #expect(lines.count == 5)
        #expect(
            lines[0].split(separator: ",").count
                == lines[3].split(
                    separator: ",",
                    omittingEmptySubsequences: false
                ).count
        )
        #expect(lines[1].hasPrefix("file,pipeline,\"a,1\",30,repeater,,0.500000,,,,,,,12.3400,"))
        #expect(lines[4].hasPrefix("file,pipeline,b,365,one_timer,,,,,,,,,0.0000,"))
    }
}
