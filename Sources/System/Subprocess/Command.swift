import CLinux
import Faults
import Glibc

/// A program to start, with everything that it will have: nothing else is inherited.
///
/// It starts with an empty signal mask and the default dispositions.
package struct Command: Sendable {
    /// Where a standard descriptor leads.
    package enum Stream: Sendable {
        /// /dev/null.
        case nothing
        /// Ours.
        case inherited
        case pipe
    }

    /// Where standard input comes from.
    package enum Input: Sendable {
        case nothing
        case inherited
        /// A pipe that holds these bytes before the child starts, and stays open.
        ///
        /// So nobody waits for the child to read, and no write can meet a child that is gone.
        case pipe(holding: [UInt8])
    }

    /// A path, or a name that is looked for in PATH.
    package var program: String
    package var arguments: [String]
    /// `NAME=value` each.
    package var environment: [String]
    package var input = Input.nothing
    package var output = Stream.inherited
    package var errors = Stream.inherited
    /// One of our descriptors that the child gets as number 3.
    package var extraDescriptor: Int32?
    /// A process group of its own: signals reach the child's children, the terminal's do not.
    package var ownGroup = false
    /// Whether our ends of the pipes return instead of waiting.
    package var nonBlocking = false

    package init(_ program: String, _ arguments: [String] = [], environment: [String]) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
    }

    /// This program's environment.
    package static var currentEnvironment: [String] {
        var list: [String] = []
        guard var entry = unsafe clinux_environment() else { return list }
        while let text = unsafe entry.pointee {
            list.append(unsafe String(cString: text))
            unsafe entry += 1
        }
        return list
    }

    package func start() throws(SubprocessError) -> Child {
        var childEnds = ChildEnds()
        let input = try openInput(&childEnds)
        let output = try open(self.output, as: 1, &childEnds)
        let errors = try open(self.errors, as: 2, &childEnds)
        if let extraDescriptor { childEnds.numbers.append(extraDescriptor) }
        let numbers = childEnds.numbers
        if let errno = Fault.workerSpawn.pass() {
            throw .cannotStart(program: program, errno: errno)
        }
        var pid: pid_t = 0
        let failure = unsafe withArguments { arguments, environment in
            unsafe clinux_spawn(
                &pid,
                program,
                arguments,
                environment,
                numbers,
                Int32(numbers.count),
                ownGroup ? 1 : 0
            )
        }
        guard failure == 0 else { throw .cannotStart(program: program, errno: failure) }
        Fault.workerSpawned.passed()
        return Child(
            pid: pid,
            input: input,
            output: output,
            errors: errors,
            hasOwnGroup: ownGroup
        )
    }

    /// The child's side of the pipes: open until the child has its own.
    private struct ChildEnds: ~Copyable {
        var numbers: [Int32] = []
        var input: Descriptor?
        var output: Descriptor?
        var errors: Descriptor?
    }

    private func openInput(_ ends: inout ChildEnds) throws(SubprocessError) -> Descriptor? {
        switch input {
        case .nothing: ends.numbers.append(-1)
        case .inherited: ends.numbers.append(0)
        case .pipe(let bytes):
            let pipe = try Descriptor.pipe(capacity: bytes.count)
            try pipe.writeEnd.write(bytes)
            if nonBlocking { try pipe.writeEnd.stopBlocking() }
            ends.numbers.append(pipe.readEnd.number)
            ends.input = consume pipe.readEnd
            return consume pipe.writeEnd
        }
        return nil
    }

    private func open(
        _ stream: Stream,
        as number: Int32,
        _ ends: inout ChildEnds
    ) throws(SubprocessError) -> Descriptor? {
        switch stream {
        case .nothing: ends.numbers.append(-1)
        case .inherited: ends.numbers.append(number)
        case .pipe:
            let pipe = try Descriptor.pipe()
            if nonBlocking { try pipe.readEnd.stopBlocking() }
            ends.numbers.append(pipe.writeEnd.number)
            if number == 1 {
                ends.output = consume pipe.writeEnd
            } else {
                ends.errors = consume pipe.writeEnd
            }
            return consume pipe.readEnd
        }
        return nil
    }

    private func withArguments(
        _ body: (
            UnsafePointer<UnsafeMutablePointer<CChar>?>, UnsafePointer<UnsafeMutablePointer<CChar>?>
        ) -> Int32
    ) -> Int32 {
        var arguments = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        var environment = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer {
            unsafe (arguments + environment).forEach { unsafe free($0) }
        }
        return unsafe body(&arguments, &environment)
    }
}
