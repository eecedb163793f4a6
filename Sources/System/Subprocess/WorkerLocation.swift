import Glibc

/// Where the worker is: as given, else beside this program, else where packages put it.
package enum WorkerLocation {
    package static let name = "clv-worker"
    package static let packaged = "/usr/libexec/clvd"

    package static func find(given: String?) throws(SubprocessError) -> String {
        let candidates =
            given.map { [$0] }
            ?? [ownDirectory, packaged].compactMap { $0 }.map { "\($0)/\(name)" }
        for path in candidates where unsafe access(path, X_OK) == 0 { return path }
        throw .workerMissing(looked: candidates)
    }

    /// The directory of the running program's file.
    private static var ownDirectory: String? {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe readlink("/proc/self/exe", &target, target.count)
        let path = target.prefix(max(0, length)).map { UInt8(bitPattern: $0) }
        guard let slash = path.lastIndex(of: 47) else { return nil }
        return String(decoding: path[..<slash], as: UTF8.self)
    }
}
