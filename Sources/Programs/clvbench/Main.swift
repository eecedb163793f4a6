import Glibc
import Parallel

/// `clvbench WHAT [ARGUMENT]...`: what `deploy/bench` measures with.
///
/// - `kernels [CUSTOMERS [THREADS]]`: the kernels of a run on a simulated base, one by one
/// - `purchases [CUSTOMERS]`: that base's purchases, for the end-to-end benchmark
/// - `families [CUSTOMERS [THREADS]]`: every purchase family on that base
/// - `holdout FOLDER`: every family on the real purchases of a folder
/// - `coverage FOLDER OUTPUT [NAME]`: ranges of totals from earlier dates beside what then came
/// - `publishing SOCKET [ROWS]`: publications in database `bench` beside bare COPY
/// - `reading SOCKET [CUSTOMERS]`: reading a source there beside bare COPY
/// - `control SOCKET [SECONDS [RUNS_PER_SECOND]]`: a running clvd under runs and requests
@main enum Benchmarks {
    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        let rest = Array(words.dropFirst())
        func number(_ place: Int) -> Int? { rest.indices.contains(place) ? Int(rest[place]) : nil }
        let customers = max(2, number(0) ?? 1_000_000)
        let team = ThreadTeam(threads: number(1) ?? .max)
        do {
            switch words.first {
            case "kernels": try Kernels.run(customers: customers, team)
            case "purchases": PurchaseFile.print(customers: customers, seed: 1)
            case "families": Families.measure(customers: customers, team)
            case "holdout": try HoldOut.run(rest.first ?? ".", ThreadTeam())
            case "coverage":
                let (output, name) = (rest.dropFirst().first, rest.dropFirst(2).first)
                try CoverageBench.run(rest.first ?? ".", output: output ?? ".", only: name ?? "")
            case "publishing":
                try PublishingBench.run(socket: rest.first ?? "", rows: number(1) ?? 1_000_000)
            case "reading":
                try ReadingBench.run(socket: rest.first ?? "", rows: number(1) ?? 1_000_000)
            case "control": try ControlLoad.run(rest)
            default:
                print(
                    """
                    usage: clvbench kernels|purchases|families|holdout|coverage|publishing|reading|control ...
                    """
                )
                exit(EX_USAGE)
            }
        } catch {
            print("\(error)")
            exit(1)
        }
    }
}
