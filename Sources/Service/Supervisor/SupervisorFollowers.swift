import ControlAPI
import Domain
package import HTTPServer
import JSONCoding
import Scheduling
import WorkerContract

extension Supervisor {
    package func follow(id: String, _ stream: LineStream) {
        guard let run = try? shownRun(id: id, withStages: true) else { return stream.end() }
        send(.state(run, at: currentTime()), to: [stream])
        if run.state.isOver { return stream.end() }
        followers[id, default: []].append(stream)
    }

    /// Tells that the run changed as a whole; its end ends the streams.
    ///
    /// Like all that only reads, it may be ahead of the disk: a crash of clvd undoes nothing of it.
    func tellFollowers(of run: ScheduledRun) throws {
        guard let streams = openFollowers(of: run.id) else { return }
        let shown = try shownRun(id: run.id, withStages: true)
        send(.state(shown, at: currentTime()), to: streams)
        guard shown.state.isOver else { return }
        streams.forEach { $0.end() }
        followers[run.id] = nil
    }

    /// Tells what the run's worker said.
    func tellFollowers(of id: String, _ event: Event, _ changed: StageProgress?) {
        guard let streams = openFollowers(of: id) else { return }
        if let changed {
            send(.progress(changed, runID: id, at: event.at), to: streams)
        } else if case .warning(let code, let message, let fix) = event.content {
            let report = ProblemReport(code: code, message: message, fix: fix)
            send(.warning(report, runID: id, at: event.at), to: streams)
        }
    }

    private func openFollowers(of id: String) -> [LineStream]? {
        followers[id]?.removeAll { $0.isClosed }
        if followers[id]?.isEmpty == true { followers[id] = nil }
        return followers[id]
    }

    private func send(_ event: RunEvent, to streams: [LineStream]) {
        // An event holds nothing that JSON cannot say.
        guard let line = try? JSONCoding.encode(event) else { return }
        streams.forEach { $0.send(line: line) }
    }
}
