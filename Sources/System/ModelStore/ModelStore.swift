import Domain
import FileSystem
import Glibc
import JSONCoding

/// Versions of fitted models on disk: names, manifests, checksums, dates, and no model.
///
/// `<root>/<tenant>/<job>/<version>/` holds a version, `champion` beside it names the one in use,
/// and `quarantine/` keeps damaged ones. A version appears whole, by the rename of its folder.
package struct ModelStore: Sendable {
    package let root: String

    package init(root: String) { self.root = root }

    /// Where a job's versions are.
    package func folder(tenant: String, job: String) throws -> String {
        for name in [tenant, job] {
            guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/"), !name.contains("\0")
            else { throw StoreProblem("bad_name", "\"\(name)\" cannot name a folder of the store") }
        }
        return "\(root)/\(tenant)/\(job)"
    }

    /// The names of the versions, oldest first.
    package func versionNames(tenant: String, job: String) throws -> [String] {
        try FileSystem.names(in: try folder(tenant: tenant, job: job)).filter {
            number(ofVersion: $0) != nil
        }
    }

    /// The version in use; nil when there is none.
    package func championName(tenant: String, job: String) throws -> String? {
        let path = try folder(tenant: tenant, job: job) + "/champion"
        guard FileSystem.exists(path) else { return nil }
        let text = String(decoding: try FileSystem.read(path, limit: 256), as: UTF8.self)
        let name = text.split(separator: "\n", omittingEmptySubsequences: true).first.map(
            String.init
        )
        return name.flatMap { number(ofVersion: $0) == nil ? nil : $0 }
    }

    /// The manifest of a version, without a look at its files.
    package func manifest(tenant: String, job: String, version: String) throws -> Manifest {
        let folder = try folder(tenant: tenant, job: job) + "/\(version)"
        do {
            let bytes = try FileSystem.read(folder + "/manifest.json", limit: 4 << 20)
            let manifest = try JSONCoding.decode(Manifest.self, from: bytes)
            guard manifest.format == Manifest.formatVersion else {
                throw StoreProblem(
                    "foreign_format",
                    "version \(version) of \(tenant)/\(job) has store format \(manifest.format), "
                        + "this program reads \(Manifest.formatVersion)"
                )
            }
            guard manifest.tenant == tenant, manifest.job == job, manifest.version == version else {
                throw damaged(version, tenant, job, "its manifest speaks of another version")
            }
            return manifest
        } catch let error as DecodingError {
            throw damaged(version, tenant, job, "its manifest cannot be read: \(error)")
        } catch let error as FileProblem where error.code == "no_such_file" {
            throw damaged(version, tenant, job, "it has no manifest")
        }
    }

    /// Loads a version and checks every file against its checksum.
    package func load(tenant: String, job: String, version: String) throws -> StoredVersion {
        let manifest = try manifest(tenant: tenant, job: job, version: version)
        return StoredVersion(
            manifest: manifest,
            models: try manifest.models.mapValues { try contents(of: $0, of: manifest) },
            documents: try (manifest.documents ?? [:]).mapValues {
                try contents(of: $0, of: manifest)
            }
        )
    }

    /// A file of a version, its checksum found right.
    func contents(of file: String, of manifest: Manifest) throws -> [UInt8] {
        let (tenant, job, version) = (manifest.tenant, manifest.job, manifest.version)
        guard let checksum = manifest.files[file], !file.contains("/") else {
            throw damaged(version, tenant, job, "its manifest has no checksum of \"\(file)\"")
        }
        let folder = try folder(tenant: tenant, job: job)
        do {
            let bytes = try FileSystem.read("\(folder)/\(version)/\(file)")
            guard SHA256.hexadecimal(bytes) == checksum else {
                throw damaged(version, tenant, job, "\"\(file)\" fails its checksum")
            }
            return bytes
        } catch let error as FileProblem where error.code == "no_such_file" {
            throw damaged(version, tenant, job, "\"\(file)\" is missing")
        }
    }

    /// Loads the champion; a damaged one goes to quarantine and the version before it is used.
    ///
    /// What a killed run left half written is removed, so call it in the job's only run.
    ///
    /// - Returns: the version, or nil when none is left, and what was found damaged on the way.
    package func loadChampion(
        tenant: String,
        job: String
    ) throws -> (version: StoredVersion?, damaged: [StoreProblem]) {
        try removeLeftovers(in: try folder(tenant: tenant, job: job))
        let champion = try championName(tenant: tenant, job: job)
        var problems: [StoreProblem] = []
        let candidates = try versionNames(tenant: tenant, job: job).reversed().filter {
            champion == nil || $0 <= champion ?? ""
        }
        for name in candidates {
            do {
                let version = try load(tenant: tenant, job: job, version: name)
                if name != champion { try promote(tenant: tenant, job: job, version: name) }
                return (version, problems)
            } catch let problem as StoreProblem where problem.code == "damaged_version" {
                problems.append(problem)
                try quarantine(tenant: tenant, job: job, version: name)
            }
        }
        return (nil, problems)
    }

    /// Stores a version under the next number; it is not in use before it is promoted.
    package func save(
        _ draft: Manifest,
        models: [String: [UInt8]],
        documents: [String: [UInt8]] = [:]
    ) throws -> StoredVersion {
        let folder = try folder(tenant: draft.tenant, job: draft.job)
        try FileSystem.makeFolders(folder)
        let newest = try versionNames(tenant: draft.tenant, job: draft.job).last
        let quarantined = try FileSystem.names(in: folder + "/quarantine")
        let taken = ([newest ?? ""] + quarantined).compactMap {
            number(ofVersion: String($0.prefix(7)))
        }
        var manifest = draft
        manifest.version = "v" + padded((taken.max() ?? 0) + 1, 6)
        let temporary = "\(folder)/.\(manifest.version).\(getpid()).tmp"
        try FileSystem.remove(temporary)
        func put(_ bytes: [UInt8], _ file: String) throws {
            manifest.files[file] = SHA256.hexadecimal(bytes)
            try FileSystem.replace("\(temporary)/\(file)", with: bytes)
        }
        do {
            try FileSystem.makeFolders(temporary)
            for (model, bytes) in models.sorted(by: { $0.key < $1.key }) {
                let file = manifest.fileName(model: model)
                manifest.models[model] = file
                try put(bytes, file)
            }
            for (name, bytes) in documents.sorted(by: { $0.key < $1.key }) {
                let file = "\(name).json"
                manifest.documents = (manifest.documents ?? [:]).merging([name: file]) { $1 }
                try put(bytes, file)
            }
            let text = try JSONCoding.encode(manifest, pretty: true)
            try FileSystem.replace("\(temporary)/manifest.json", with: text)
            try FileSystem.rename(temporary, to: "\(folder)/\(manifest.version)")
        } catch {
            try? FileSystem.remove(temporary)
            throw error
        }
        return try load(tenant: draft.tenant, job: draft.job, version: manifest.version)
    }

    /// Puts a version in use.
    package func promote(tenant: String, job: String, version: String) throws {
        let path = try folder(tenant: tenant, job: job) + "/champion"
        try FileSystem.replace(path, with: Array("\(version)\n".utf8))
    }

    /// Removes temporary names, which nobody will rename any more.
    private func removeLeftovers(in folder: String) throws {
        for name in try FileSystem.names(in: folder) where name.hasSuffix(".tmp") {
            try FileSystem.remove("\(folder)/\(name)")
        }
    }

    private func quarantine(tenant: String, job: String, version: String) throws {
        let folder = try folder(tenant: tenant, job: job)
        try FileSystem.makeFolders(folder + "/quarantine")
        var place = "\(folder)/quarantine/\(version)"
        var copies = 1
        while FileSystem.exists(place) {
            copies += 1
            place = "\(folder)/quarantine/\(version)-\(copies)"
        }
        try FileSystem.rename("\(folder)/\(version)", to: place)
    }

    private func damaged(
        _ version: String,
        _ tenant: String,
        _ job: String,
        _ cause: String
    ) -> StoreProblem {
        StoreProblem(
            "damaged_version",
            "version \(version) of \(tenant)/\(job) is damaged",
            cause: cause,
            fix: "nothing to do: the version goes to quarantine; a job that trains fits another, "
                + "one that only forecasts uses the one before it"
        )
    }

    private func number(ofVersion name: String) -> Int? {
        guard name.utf8.count == 7, name.hasPrefix("v") else { return nil }
        return Int(name.dropFirst())
    }
}
