import Domain
import Pipeline
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

    @Test("rows stand by customer and horizon, unknown cells empty")
    func rows() {
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
            batch[.clvPercentile] = [99.5, 0]
            batch[.mismatch] = [1, .nan]
            return batch
        }
        let rows = ForecastTable(customers: customers, labels: labels).rows(batches)
        let lines = String(decoding: rows, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 4)
        let cells = lines[3].split(separator: ",", omittingEmptySubsequences: false)
        #expect(cells.count == ForecastTable.header.split(separator: ",").count)
        #expect(lines[0].hasPrefix("file,pipeline,\"a,1\",30,repeater,,0.500000,,,,,,,12.3400,"))
        let end = ",99.50,,,,,,,\"Overrated (High RFM, Low CLV)\",bg_nbd,,2026-01-01T00:00:00Z"
        #expect(lines[0].hasSuffix(end))
        #expect(lines[3].hasPrefix("file,pipeline,b,365,one_timer,,,,,,,,,0.0000,"))
    }
}
