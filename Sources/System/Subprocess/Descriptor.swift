import CLinux
import Glibc
package import JSONCoding

/// A file descriptor with one owner, closed when the owner lets go of it.
package struct Descriptor: ~Copyable, Sendable {
    package let number: Int32

    /// Takes over an open descriptor.
    package init(owning number: Int32) { self.number = number }

    deinit { close(number) }

    /// What a read found.
    package enum Read: Equatable, Sendable {
        case bytes(Int)
        /// Nothing yet; only on a descriptor that does not block.
        case nothingYet
        case end
    }

    /// Reads once, at most 64 KiB, into `lines`.
    package func read(into lines: inout LineBuffer) throws(SubprocessError) -> Read {
        let capacity = 65_536
        var failure: Int32 = 0
        let chunk = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            var result: Int
            repeat {
                result = unsafe Glibc.read(number, buffer.baseAddress, capacity)
            } while result < 0 && errno == EINTR
            failure = result < 0 ? errno : 0
            count = max(0, result)
        }
        if failure == EAGAIN { return .nothingYet }
        guard failure == 0 else { throw .system("read from a child", failure) }
        guard !chunk.isEmpty else { return .end }
        lines.append(chunk)
        return .bytes(chunk.count)
    }

    /// Writes everything, waiting as long as it takes.
    package func write(_ bytes: [UInt8]) throws(SubprocessError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(number, $0.baseAddress, $0.count)
            }
            if written < 0 && errno == EINTR { continue }
            guard written >= 0 else { throw .system("write to a child", errno) }
            rest = rest.dropFirst(written)
        }
    }

    package func stopBlocking() throws(SubprocessError) {
        let failure = clinux_set_nonblocking(number)
        guard failure == 0 else { throw .system("prepare a pipe", failure) }
    }

    /// A new pipe; `capacity` is how many bytes it can at least hold.
    package static func pipe(capacity: Int = 0) throws(SubprocessError) -> Pipe {
        var readEnd: Int32 = -1
        var writeEnd: Int32 = -1
        let failure = unsafe clinux_pipe(&readEnd, &writeEnd, capacity)
        guard failure == 0 else { throw .system("make a pipe", failure) }
        return Pipe(
            readEnd: Descriptor(owning: readEnd),
            writeEnd: Descriptor(owning: writeEnd)
        )
    }
}

/// Both ends of a pipe.
package struct Pipe: ~Copyable {
    package var readEnd: Descriptor
    package var writeEnd: Descriptor
}
