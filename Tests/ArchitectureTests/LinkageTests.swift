import Glibc
import Testing

/// What the built programs really link, dependencies of dependencies included.
@Suite struct LinkageTests {
    /// Where this test was built: beside the programs.
    private static let products: String = {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe readlink("/proc/self/exe", &path, path.count)
        let bytes = path.prefix(max(0, length)).map { UInt8(bitPattern: $0) }
        let folders = String(decoding: bytes, as: UTF8.self).split(separator: "/").dropLast()
        return "/" + folders.joined(separator: "/")
    }()

    private static func isBuilt(_ program: String) -> Bool {
        unsafe access(products + "/" + program, X_OK) == 0
    }

    private func expectNone(_ program: String) {
        let libraries = Disk.output(of: "ldd '\(LinkageTests.products)/\(program)'")
        #expect(libraries.contains("libc.so.6"), "ldd says: \(libraries)")
        let found = Linkage.forbidden(in: libraries)
        #expect(found.isEmpty, "\(program) links \(found.joined(separator: ", "))")
    }

    @Test(
        "clvd links no database, no numerics and no ICU",
        .enabled(if: isBuilt("clvd"), "clvd is not built")
    )
    func supervisor() { expectNone("clvd") }

    @Test(
        "clvctl links no database, no numerics and no ICU",
        .enabled(if: isBuilt("clvctl"), "clvctl is not built")
    )
    func commandLine() { expectNone("clvctl") }

    @Test("a program that links libpq is found out")
    func seesThrough() {
        let libraries = """
            \tlinux-vdso.so.1 (0x0000)
            \tlibpq.so.5 => /lib/x86_64-linux-gnu/libpq.so.5 (0x0000)
            \tlib_FoundationICU.so => /usr/lib/swift/linux/lib_FoundationICU.so (0x0000)
            \tlibFoundationEssentials.so => /usr/lib/libFoundationEssentials.so (0x0000)
            \tlibopenblas.so.0 => not found
            """
        #expect(
            Linkage.forbidden(in: libraries) == [
                "libpq.so.5", "lib_FoundationICU.so", "libopenblas.so.0",
            ]
        )
    }
}

/// Reads what `ldd` prints.
enum Linkage {
    private static let forbidden = [
        "libpq.", "libopenblas", "libblas", "liblapack", "libxgboost", "libgomp", "libFoundation.",
        "lib_FoundationICU", "libFoundationInternationalization", "libicu",
    ]

    static func forbidden(in libraries: String) -> [String] {
        libraries.split(separator: "\n").compactMap { line in
            let name = line.split { $0 == " " || $0 == "\t" }.first ?? ""
            return forbidden.contains { name.hasPrefix($0) } ? String(name) : nil
        }
    }
}
