import FileSystem
import Glibc

/// A folder of a test's own, gone with the test.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/clvd-test-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { pointer in
            unsafe pointer.baseAddress.flatMap { unsafe mkdtemp($0) }.map {
                unsafe String(cString: $0)
            }
        }
        guard let made else { throw FileProblem("could not make a temporary folder") }
        path = made
    }

    deinit { try? FileSystem.remove(path) }
}
