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

    @Test("a pipe with the name is written to, and stays a pipe")
    func device() throws {
        let pipe = folder + "/pipe"
        try #require(unsafe mkfifo(pipe, 0o600) == 0)
        let reader = unsafe open(pipe, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        try FileSystem.replace(pipe, with: [1, 2])
        var bytes = [UInt8](repeating: 0, count: 9)
        let count = unsafe read(reader, &bytes, 9)
        #expect(count == 2 && bytes[..<2] == [1, 2])
        #expect(try FileSystem.names(in: folder) == ["pipe"])
    }

    @Test("a link stays, and what it leads to is replaced; one that leads nowhere is replaced")
    func links() throws {
        try FileSystem.replace(folder + "/real", with: [1])
        for (link, target) in [("good", "real"), ("broken", "nowhere")] {
            try #require(unsafe symlink(target, "\(folder)/\(link)") == 0)
            try FileSystem.replace("\(folder)/\(link)", with: [2])
        }
        #expect(try FileSystem.read(folder + "/real") == [2])
        #expect(try FileSystem.read(folder + "/broken") == [2])
        #expect(isLink("good") && !isLink("broken"))
        #expect(try FileSystem.names(in: folder) == ["broken", "good", "real"])
    }

    private func isLink(_ name: String) -> Bool {
        var status = stat()
        return unsafe lstat("\(folder)/\(name)", &status) == 0
            && status.st_mode & S_IFMT == S_IFLNK
    }

    @Test("a folder is no file, and a folder that is missing is told by the file's name")
    func noFile() throws {
        for (path, code) in [(folder, "is_a_folder"), (folder + "/none/a", "no_such_file")] {
            let error = #expect(throws: FileProblem.self) { try FileSystem.replace(path, with: []) }
            #expect(error?.code == code && error?.message == "could not write file \"\(path)\"")
        }
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
