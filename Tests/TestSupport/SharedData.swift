import Glibc

/// The real data sets, which are not part of the project and which not everybody has.
///
/// They are looked for in `shared/data` beside the project and upward, or where
/// `CLVD_SHARED_DATA` says; tests are skipped without.
package enum SharedData {
    package static let absence =
        "shared/data is not here: set CLVD_SHARED_DATA to the folder with cdnow_sample.csv.gz"

    package static var isHere: Bool { folder != nil }

    package static let folder: String? = {
        if let named = unsafe getenv("CLVD_SHARED_DATA").map({ unsafe String(cString: $0) }) {
            return named
        }
        var parts = #filePath.split(separator: "/").dropLast()
        while !parts.isEmpty {
            let candidate = "/" + parts.joined(separator: "/") + "/shared/data"
            if unsafe access(candidate + "/README.md", R_OK) == 0 { return candidate }
            parts = parts.dropLast()
        }
        return nil
    }()
}
