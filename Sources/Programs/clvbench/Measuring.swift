import Glibc
import Modeling
import Parallel

/// Seconds on a clock that only goes forward.
func seconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// What a piece of work took, in seconds.
func timed(_ work: () throws -> Void) rethrows -> Double {
    let start = seconds()
    try work()
    return seconds() - start
}

/// The middle one of an odd number of values.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// To thousandths.
func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

func peakMemoryKilobytes() -> Int {
    var usage = rusage()
    unsafe getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss
}

/// Runs `body` once and prints how many seconds it took.
func measure<Value>(_ name: String, _ body: () -> Value) -> Value {
    measureThrowing(name) { () throws(Never) in body() }
}

func measureThrowing<Value, Failure: Error>(
    _ name: String,
    _ body: () throws(Failure) -> Value
) throws(Failure) -> Value {
    let begin = seconds()
    let value = try body()
    report("\(name), seconds", seconds() - begin)
    return value
}

/// Prints the time of one call, the best of five rounds.
func perOperation(_ name: String, _ arguments: [Double], _ function: (Double) -> Double) {
    var best = Double.infinity
    var sum = 0.0
    for _ in 0..<5 {
        let begin = seconds()
        for argument in arguments { sum += function(argument) }
        best = min(best, seconds() - begin)
    }
    precondition(sum.isFinite)
    report("\(name), ns", best / Double(arguments.count) * 1e9)
}

/// Prints the time of one evaluation of value and gradient, the best of five.
func evaluate(_ name: String, _ likelihood: some Likelihood, _ parameters: Int, _ team: ThreadTeam)
{
    var best = Double.infinity
    var gradient = [Double](repeating: 0, count: parameters)
    for _ in 0..<5 {
        let begin = seconds()
        _ = likelihood.evaluate([Double](repeating: 1, count: parameters), &gradient, team)
        best = min(best, seconds() - begin)
    }
    report("\(name), seconds", best)
}

/// One aligned line.
func report(_ name: String, _ value: Double) {
    let digits = value < 10 ? 10_000.0 : 10
    let column = name + String(repeating: " ", count: max(1, 44 - name.count))
    print(column + "\((value * digits).rounded() / digits)")
}
