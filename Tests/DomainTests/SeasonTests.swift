import Domain
import Glibc
import JSONCoding
import Testing

@Suite("the seasonal clock")
struct SeasonTests {
    private let index = SeasonalIndex((0..<12).map { 3 + cos(2 * .pi * Double($0) / 12) })

    @Test("a year has as much time as days, and busy days more than one")
    func mean() throws {
        let first = try #require(Day("2023-01-01"))
        let year = (0..<365).reduce(0) { $0 + index.rate(on: first + $1) }
        #expect(abs(year - 365) < 1e-9)
        #expect(try index.rate(on: #require(Day("2023-01-16"))) > 1.3)
        #expect(try index.rate(on: #require(Day("2023-07-16"))) < 0.7)
        // Straight lines: no jump at the end of a month or of the year.
        for day in 0..<800 {
            #expect(abs(index.rate(on: first + day) - index.rate(on: first + (day + 1))) < 0.01)
        }
    }

    @Test("time adds up, ahead and behind, and a flat season is the calendar")
    func clock() throws {
        let (first, asOf) = try (#require(Day("2022-03-05")), #require(Day("2024-03-01")))
        let clock = SeasonalClock(index, from: first, asOf: asOf)
        let (a, b, c) = (first.number + 10, first.number + 200, asOf.number)
        #expect(
            abs(
                clock.time(from: a, to: b) + clock.time(from: b, to: c) - clock.time(from: a, to: c)
            ) < 1e-9
        )
        #expect(clock.ahead(0) == 0 && clock.ahead(30) < clock.ahead(31))
        #expect(abs(clock.ahead(1) - index.rate(on: asOf + 1)) < 1e-9)
        let flat = SeasonalClock(
            SeasonalIndex(Array(repeating: 7, count: 12)),
            from: first,
            asOf: asOf
        )
        #expect(abs(flat.time(from: a, to: c) - Double(c - a)) < 1e-9)
        #expect(abs(flat.ahead(365) - 365) < 1e-9)
    }

    @Test("weeks are counted from New Year, and the last takes what is left of the year")
    func weeks() throws {
        let index = SeasonalIndex((0..<52).map { $0 == 51 ? 3 : 1 })
        for (year, last) in [(2023, "2023-12-24"), (2024, "2024-12-23")] {
            let busy = try #require(Day(last))
            #expect(SeasonParts.weeks.part(of: busy - 1) == 50)
            let newYear = try #require(Day(year: year + 1, month: 1, day: 1))
            for day in 0..<newYear - busy { #expect(index.rate(on: busy + day) > 2.5) }
            #expect(index.rate(on: busy - 1) < 1 && index.rate(on: newYear) < 1)
        }
        let first = try #require(Day("2023-01-01"))
        let year = (0..<365).reduce(0) { $0 + index.rate(on: first + $1) }
        #expect(abs(year - 365) < 1e-9)
        for day in 0..<1500 {
            #expect((0..<52).contains(SeasonParts.weeks.part(of: first + day)))
        }
    }

    @Test("it is stored as its months or weeks, and nothing else is read")
    func stored() throws {
        for index in [index, SeasonalIndex((1...52).map { Double($0) })] {
            let stored = try JSONCoding.decode(
                SeasonalIndex.self,
                from: JSONCoding.encode(index)
            )
            #expect(stored.parts == index.parts)
            for (one, other) in zip(stored.rates, index.rates) { #expect(abs(one - other) < 1e-12) }
        }
        for bad in ["[1,2]", "[0,1,1,1,1,1,1,1,1,1,1,1]", "{}"] {
            #expect(throws: (any Error).self) {
                try JSONCoding.decode(SeasonalIndex.self, from: Array(bad.utf8))
            }
        }
    }
}
