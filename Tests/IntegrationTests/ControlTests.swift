import ControlAPI
import HTTPClient
import TestSupport
import Testing

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct ControlTests {
    @Test("every request is answered at once, however many come at the same time")
    func crowd() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            try site.start()
            let client = HTTPClient(socketPath: site.socket)
            let request = HTTPClient.Request(
                method: "GET",
                path: Route.version.path(),
                timeoutSeconds: 10
            )
            let callers = (0..<8).map { _ in
                InThread { for _ in 0..<100 { _ = try client.send(request) } }
            }
            for caller in callers { try caller.value() }
        }
    }
}
