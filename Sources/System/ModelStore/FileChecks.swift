import FileSystem

/// What the files of stored versions were found to be, remembered until one of them changes.
///
/// For a caller with one thread and a thousand jobs: files are read once, of one version of each job,
/// and only so many bytes. Rot that leaves size and times as they were is found when a run loads them.
package final class FileChecks {
    package enum Finding: Hashable, Sendable {
        /// The checksums were right, and the files are those that were read.
        case matching
        /// Nobody has read them as they are now.
        case unread
        /// So many bytes are not read here.
        case large(bytes: Int)
        case damaged(cause: String)
    }

    /// Takes 0.7 ms of a caller's thread where the processor has instructions for SHA-256.
    package static let mostBytes = 1 << 20

    private struct Known {
        /// Of the manifest's checksums and the files' stamps: seeded in this process, kept nowhere else.
        var fingerprint: Int
        var finding: Finding
    }

    private var known: [String: Known] = [:]
    /// How often files were read.
    package private(set) var readings = 0

    package init() {}

    /// What is known of a version's files; with `reading`, they are read when nothing is.
    package func finding(
        of manifest: Manifest,
        in store: ModelStore,
        reading: Bool
    ) throws -> Finding {
        let folder = try store.folder(tenant: manifest.tenant, job: manifest.job)
        var hasher = Hasher()
        hasher.combine(manifest.version)
        var bytes = 0
        for file in manifest.fileNames {
            let stamp = try FileSystem.stamp(of: "\(folder)/\(manifest.version)/\(file)")
            hasher.combine(file)
            hasher.combine(manifest.files[file])
            hasher.combine(stamp)
            bytes += stamp?.bytes ?? 0
        }
        let fingerprint = hasher.finalize()
        if let known = known[folder], known.fingerprint == fingerprint { return known.finding }
        if bytes > FileChecks.mostBytes { return .large(bytes: bytes) }
        guard reading else { return .unread }
        let finding = try read(manifest, in: store)
        known[folder] = Known(fingerprint: fingerprint, finding: finding)
        return finding
    }

    /// Forgets a job that is gone.
    package func forget(tenant: String, job: String, in store: ModelStore) {
        if let folder = try? store.folder(tenant: tenant, job: job) { known[folder] = nil }
    }

    private func read(_ manifest: Manifest, in store: ModelStore) throws -> Finding {
        readings += 1
        do {
            for file in manifest.fileNames { _ = try store.contents(of: file, of: manifest) }
            return .matching
        } catch let problem as StoreProblem where problem.code == "damaged_version" {
            return .damaged(cause: problem.cause ?? problem.message)
        }
    }
}

extension Manifest {
    /// The files that a run loads.
    fileprivate var fileNames: [String] {
        (Array(models.values) + Array((documents ?? [:]).values)).sorted()
    }
}
