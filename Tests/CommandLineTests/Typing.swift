import CommandLine
import ControlAPI
import Domain
import Glibc
import JSONCoding
import Synchronization
import TestSockets
import Testing

/// What a command printed and how it ended.
struct Outcome {
    var exit: CommandExit
    var out: String
    var err: String
}

/// Someone at a terminal, or a script.
struct Typing {
    static let now = Instant(seconds: 1_700_000_000)
    static let terminal = Appearance(
        isTerminal: true,
        hasEscapes: false,
        isUTF8: true,
        width: 120
    )
    static let pipe = Appearance(isTerminal: false, hasEscapes: false, isUTF8: true, width: 80)

    var out = Typing.pipe
    var err = Typing.pipe
    var variables: [String: String] = [:]
    var directory = "/home/ada"
    /// How often Ctrl-C was pressed.
    var interrupts: @Sendable () -> Int = { 0 }
    var outFailure: Int32 = 0
    /// The server that is asked, which must not go away before.
    var server: SocketServer?

    func type(_ words: String...) -> Outcome { type(words) }

    func type(_ words: [String]) -> Outcome {
        let (shown, told) = (Collected(), Collected())
        let failure = outFailure
        let surroundings = Surroundings(
            variables: variables,
            directory: directory,
            out: TextStream(appearance: out) { bytes in
                shown.bytes += bytes
                return failure
            },
            err: TextStream(appearance: err) { bytes in
                told.bytes += bytes
                return 0
            },
            now: { Typing.now },
            localOffset: { _ in 3600 },
            startCountingInterrupts: {},
            interrupts: interrupts
        )
        let exit = CommandLineProgram.run(words, surroundings)
        return Outcome(exit: exit, out: shown.text, err: told.text)
    }
}

extension Typing {
    /// Types in a folder with the configuration of one tenant, which goes afterwards.
    static func type(
        _ words: [String],
        inFolderOf tenant: String,
        _ adjust: (inout Typing) -> Void = { _ in }
    ) throws -> Outcome {
        let directory = try #require(temporaryDirectory())
        let folder = directory + "/tenants.d"
        let path = folder + "/acme.toml"
        unsafe mkdir(folder, 0o700)
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        let bytes = Array(tenant.utf8)
        #expect(unsafe write(file, bytes, bytes.count) == bytes.count)
        close(file)
        defer {
            unsafe unlink(path)
            unsafe rmdir(folder)
            unsafe rmdir(directory)
        }
        var typing = Typing()
        typing.directory = directory
        adjust(&typing)
        return typing.type(words)
    }
}

private final class Collected {
    var bytes: [UInt8] = []
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// Answers like clvd: the first route whose method and path begin the request.
func service(
    api: String? = Route.apiVersion,
    _ answers: [(start: String, status: Int, body: String)]
) throws -> SocketServer {
    try SocketServer { request in
        let header = api.map { "Clvd-Api: \($0)\r\n" } ?? ""
        let found = answers.first { request.hasPrefix($0.start + " ") }
        let body = found?.body ?? "{}"
        return "HTTP/1.1 \(found?.status ?? 500) X\r\n\(header)Connection: close\r\n\r\n\(body)"
    }
}

extension SocketServer {
    /// A command line's way to this server.
    var typing: Typing {
        var typing = Typing()
        typing.server = self
        typing.variables = ["CLVD_SOCKET": path]
        return typing
    }
}

func text(_ value: some Encodable) throws -> String { try JSONCoding.text(value) }
