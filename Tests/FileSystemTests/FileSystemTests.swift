import Domain
import FileSystem
import Glibc
import TestSupport
import Testing

@Suite struct FileSystemTests {
    private let temporary: TemporaryFolder
    private var folder: String { temporary.path }

    init() throws { temporary = try TemporaryFolder() }

    @Test("a file that is not committed leaves nothing, and the old one stands")
    func notCommitted() throws {
        let path = folder + "/a"
        try FileSystem.replace(path, with: [1, 2])
        do {
            var file = try NewFile(path)
            try file.write([9])
        }
        #expect(try FileSystem.read(path) == [1, 2])
        #expect(try FileSystem.names(in: folder) == ["a"])
    }

    @Test("a full disk is said so, with what to do")
    func fullDisk() throws {
        let error = #expect(throws: FileProblem.self) {
            let descriptor = unsafe open("/dev/full", O_WRONLY)
            defer { close(descriptor) }
            try writeFully(descriptor, [1], name: "file \"x\"")
        }
        #expect(error?.code == "disk_full")
        #expect(error?.failureClass == .transient)
        #expect(
            error?.description == """
                could not write file "x"
                  cause: No space left on device
                  fix: free space on that file system
                """
        )
    }

    @Test("a file over the limit is refused")
    func limit() throws {
        try FileSystem.replace(folder + "/b", with: Array(repeating: 7, count: 100))
        #expect(throws: FileProblem.self) { try FileSystem.read(folder + "/b", limit: 99) }
        #expect(try FileSystem.read(folder + "/b", limit: 100).count == 100)
    }

    @Test("folders are made and removed with what is in them")
    func folders() throws {
        try FileSystem.makeFolders(folder + "/x/y/z")
        try FileSystem.replace(folder + "/x/y/z/f", with: [])
        try FileSystem.remove(folder + "/x")
        #expect(!FileSystem.exists(folder + "/x"))
        #expect(try FileSystem.names(in: folder + "/none") == [])
    }
}
