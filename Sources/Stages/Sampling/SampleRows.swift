import Domain
import Numerics

/// Rows up to the cut in the order of their days, with duplicates and spoilt rows among them.
func writeTransactions(
    of world: World,
    to file: WholeFile,
    _ random: inout RandomSource
) throws(SamplingError) -> SampleSummary {
    let events = eventsByDay(world)
    let orders = orderNumbers(world, events)
    var summary = SampleSummary(
        customers: world.profiles.count,
        rows: 0,
        duplicates: 0,
        spoilt: 0,
        cut: World.cut
    )
    try file.append("user_id,order_id,days,transaction_value\n")
    for event in events {
        let index = Int(event)
        let customer = customerID(Int(world.customer[index]))
        let order = "o" + padded(Int(orders[Int(world.purchase[index])]), 9)
        let day = "\(Day(number: world.day[index]))"
        let row = "\(customer),\(order),\(day),\(money(Int(world.cents[index])))\n"
        try file.append(row)
        summary.rows += 1
        if random.uniform() < 0.004 {
            try file.append(row)
            summary.rows += 1
            summary.duplicates += 1
        }
        if random.uniform() < 0.002 {
            summary.spoilt += 1
            summary.rows += 1
            let extra = "x" + padded(summary.spoilt, 9)
            try file.append(spoiltRow(customer, extra, day, kind: summary.spoilt))
        }
    }
    return summary
}

/// One line per customer.
func writeCustomers(of world: World, to file: WholeFile) throws(SamplingError) {
    try file.append("user_id,first_purchase_on,channel,country,has_newsletter\n")
    for (number, profile) in world.profiles.enumerated() {
        let cells = [
            customerID(number), "\(Day(number: profile.firstDay))",
            World.Profile.channels[profile.channel], World.Profile.countries[profile.country],
            "\(profile.hasNewsletter)",
        ]
        try file.append(cells.joined(separator: ",") + "\n")
    }
}

/// What each customer did in the year after the cut; returns count for orders of that year.
func writeTruth(of world: World, to file: WholeFile) throws(SamplingError) {
    var days = [Int](repeating: 0, count: world.profiles.count)
    var cents = [Int](repeating: 0, count: world.profiles.count)
    var lastDay = [Int32](repeating: 0, count: world.profiles.count)
    for index in 0..<world.count {
        let customer = Int(world.customer[index])
        let ordered = world.day[Int(world.purchase[index])]
        guard ordered > World.cut.number, world.day[index] <= World.lastDay.number else { continue }
        cents[customer] += Int(world.cents[index])
        guard world.cents[index] > 0, lastDay[customer] != ordered else { continue }
        lastDay[customer] = ordered
        days[customer] += 1
    }
    try file.append("user_id,cut_on,actual_purchases,actual_spend\n")
    for customer in days.indices {
        try file.append(
            "\(customerID(customer)),\(World.cut),\(days[customer]),\(money(cents[customer]))\n"
        )
    }
}

/// The events of the history, sorted by day; those of one day stay in the order of the world.
private func eventsByDay(_ world: World) -> [UInt32] {
    let days = Int(World.cut.number - World.firstDay.number) + 1
    var next = [Int](repeating: 0, count: days + 1)
    let past = (0..<world.count).filter { world.day[$0] <= World.cut.number }
    for index in past { next[Int(world.day[index] - World.firstDay.number) + 1] += 1 }
    for day in 0..<days { next[day + 1] += next[day] }
    var sorted = [UInt32](repeating: 0, count: past.count)
    for index in past {
        let day = Int(world.day[index] - World.firstDay.number)
        sorted[next[day]] = UInt32(index)
        next[day] += 1
    }
    return sorted
}

/// By event: the number of the order, counted in the order of time.
private func orderNumbers(_ world: World, _ events: [UInt32]) -> [UInt32] {
    var numbers = [UInt32](repeating: 0, count: world.count)
    var last: UInt32 = 0
    for event in events where world.purchase[Int(event)] == event {
        last += 1
        numbers[Int(event)] = last
    }
    return numbers
}

/// A row as careless exports have them, besides the true ones.
private func spoiltRow(_ customer: String, _ order: String, _ day: String, kind: Int) -> String {
    switch kind % 5 {
    case 0: ",\(order),\(day),19.90\n"
    case 1: "\(customer),\(order),2025-02-30,19.90\n"
    case 2: "\(customer),\(order),unknown,19.90\n"
    case 3: "\(customer),\(order),\(day),n/a\n"
    default: "\(customer),\(order),\(day),\n"
    }
}

private func customerID(_ number: Int) -> String { "u" + padded(number + 1, 8) }

/// Cents as a decimal number.
private func money(_ cents: Int) -> String {
    let size = abs(cents)
    return "\(cents < 0 ? "-" : "")\(size / 100).\(padded(size % 100, 2))"
}
