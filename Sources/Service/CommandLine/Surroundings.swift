package import Domain

/// Everything of the outside world that a command may look at.
package struct Surroundings {
    /// The environment's variables.
    package var variables: [String: String]
    /// The working directory, absolute.
    package var directory: String
    package var out: TextStream
    package var err: TextStream
    package var now: () -> Instant
    /// Seconds that local time is ahead of UTC at an instant.
    package var localOffset: (Instant) -> Int
    /// Makes Ctrl-C stop the waiting and not the program.
    package var startCountingInterrupts: () -> Void
    package var interrupts: @Sendable () -> Int

    package init(
        variables: [String: String],
        directory: String,
        out: TextStream,
        err: TextStream,
        now: @escaping () -> Instant,
        localOffset: @escaping (Instant) -> Int,
        startCountingInterrupts: @escaping () -> Void,
        interrupts: @escaping @Sendable () -> Int
    ) {
        self.variables = variables
        self.directory = directory
        self.out = out
        self.err = err
        self.now = now
        self.localOffset = localOffset
        self.startCountingInterrupts = startCountingInterrupts
        self.interrupts = interrupts
    }

    /// A variable that is set and not empty.
    func variable(_ name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : (directory == "/" ? "/" : directory + "/") + path
    }

    var time: LocalTime { LocalTime(now: now(), offset: localOffset) }
}
