package import Domain
import Numerics

/// What was written.
package struct SampleSummary: Hashable, Sendable {
    package var customers: Int
    /// Rows of `transactions.csv`, the spoilt ones among them.
    package var rows: Int
    package var duplicates: Int
    package var spoilt: Int
    /// The last day of the history.
    package var cut: Day
}

/// Writes a sample shop: two years of transactions, its customers, and what they then really did.
///
/// `transactions.csv` holds purchases and returns up to the cut with a few duplicates and spoilt
/// rows, `customers.csv` a line per customer, `clv_data.csv` each customer's purchase days and net
/// spend in the year after the cut. The same seed gives the same bytes, on any day. Files that are
/// there already are replaced whole or not at all.
package func writeSample(
    customers: Int = 2000,
    seed: UInt64 = 1,
    directory: String
) throws(SamplingError) -> SampleSummary {
    guard (1...10_000_000).contains(customers) else { throw .customersOutOfRange(customers) }
    try makeDirectory(directory)
    var random = RandomSource(seed: seed)
    let world = World(customers: customers, random: &random)
    let transactions = try WholeFile(directory, "transactions.csv")
    let people = try WholeFile(directory, "customers.csv")
    let truth = try WholeFile(directory, "clv_data.csv")
    let summary = try writeTransactions(of: world, to: transactions, &random)
    try writeCustomers(of: world, to: people)
    try writeTruth(of: world, to: truth)
    try transactions.prepare()
    try people.prepare()
    try truth.prepare()
    try transactions.publish()
    try people.publish()
    try truth.publish()
    return summary
}
