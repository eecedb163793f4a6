import CommandLine
import ControlAPI
import Domain
import Glibc

/// `clvctl`: asks and steers `clvd`, and works on files without it.
@main enum Clvctl {
    static func main() {
        // Local times are shown, and the zone is read once.
        tzset()
        let variables = variables()
        let surroundings = Surroundings(
            variables: variables,
            directory: workingDirectory(),
            out: stream(STDOUT_FILENO, variables),
            err: stream(STDERR_FILENO, variables),
            now: currentInstant,
            localOffset: localOffset,
            startCountingInterrupts: CommandLineProgram.startCountingInterrupts,
            interrupts: { CommandLineProgram.countedInterrupts }
        )
        let words = Array(Swift.CommandLine.arguments.dropFirst())
        exit(CommandLineProgram.run(words, surroundings).rawValue)
    }

    private static func stream(_ number: Int32, _ variables: [String: String]) -> TextStream {
        TextStream(appearance: Appearance(descriptor: number, variables: variables)) { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = unsafe rest.withUnsafeBytes {
                    unsafe write(number, $0.baseAddress, $0.count)
                }
                if written < 0 && errno == EINTR { continue }
                guard written >= 0 else { return errno }
                rest = rest.dropFirst(written)
            }
            return 0
        }
    }

    private static func variables() -> [String: String] {
        var variables: [String: String] = [:]
        for entry in CommandLineProgram.environment {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
        }
        return variables
    }

    private static func workingDirectory() -> String {
        guard let path = unsafe getcwd(nil, 0) else { return "/" }
        defer { unsafe free(path) }
        return unsafe String(cString: path)
    }

    private static func currentInstant() -> Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    private static func localOffset(_ instant: Instant) -> Int {
        var seconds = time_t(instant.seconds)
        var parts = unsafe tm()
        guard unsafe localtime_r(&seconds, &parts) != nil else { return 0 }
        return unsafe parts.tm_gmtoff
    }
}
