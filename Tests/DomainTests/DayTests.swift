import Domain
import Testing

@Suite struct DayTests {
    @Test(
        "known days have known numbers",
        arguments: [
            (1970, 1, 1, 0), (1969, 12, 31, -1), (2000, 2, 29, 11_016), (1997, 9, 30, 10_134),
            (2024, 12, 31, 20_088),
        ]
    )
    func knownNumbers(year: Int, month: Int, day: Int, number: Int32) throws {
        let value = try #require(Day(year: year, month: month, day: day))
        #expect(value.number == number)
        #expect(value.civil == (year, month, day))
    }

    @Test("every day of four centuries survives the way to a date and back")
    func roundTrip() {
        for number in stride(from: Int32(-100_000), to: 80_000, by: 1) {
            let day = Day(number: number)
            let (year, month, date) = day.civil
            #expect(Day(year: year, month: month, day: date) == day)
        }
    }

    @Test(
        "dates that do not exist are refused",
        arguments: [
            "2023-02-29", "2023-13-01", "2023-00-10", "2023-04-31", "2023-1-01", "20230101", "",
            "0000-01-01", "2023-01-01 ", "２０２３-01-01",
        ]
    )
    func refused(text: String) { #expect(Day(text) == nil) }

    @Test("1970-01-01 was a Thursday")
    func weekday() {
        #expect(Day(number: 0).weekday == 3)
        #expect(Day(number: -4).weekday == 6)
    }

    @Test("instants are written and read as RFC 3339")
    func instants() throws {
        let instant = try #require(Instant("2026-11-20T02:12:40.123Z"))
        #expect(instant.description == "2026-11-20T02:12:40.123Z")
        #expect(instant.wholeSeconds == "2026-11-20T02:12:40Z")
        #expect(Instant(microseconds: -1).utcDay == Day(number: -1))
        #expect(Instant("2026-11-20T25:00:00Z") == nil)
    }

    @Test("time periods have the lengths users know")
    func periods() {
        #expect(TimePeriod("month")?.days == 30)
        #expect(TimePeriod("6*month")?.days == 180)
        #expect(TimePeriod("45 days")?.fileName == "45_days")
        #expect(TimePeriod("0 days") == nil)
        #expect(TimePeriod("3*month") == nil)
    }
}
