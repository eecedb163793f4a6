package import ControlAPI
import Glibc
package import HTTPServer

/// Who may do what on the control socket: the kernel says who calls, groups say what for.
///
/// Root and the service's own user administer, group `clvd` operates, group `clvd-view` views.
package struct AccessRules: Hashable, Sendable {
    package static let operators = "clvd"
    package static let viewers = "clvd-view"

    package var ownUser: UInt32
    /// Nil when the system has no such group.
    package var operatorGroup: UInt32?
    package var viewerGroup: UInt32?

    package init(ownUser: UInt32, operatorGroup: UInt32?, viewerGroup: UInt32?) {
        self.ownUser = ownUser
        self.operatorGroup = operatorGroup
        self.viewerGroup = viewerGroup
    }

    /// The rules for this process, with the groups as the system knows them now.
    package static func ofThisProcess() -> AccessRules {
        AccessRules(
            ownUser: geteuid(),
            operatorGroup: number(ofGroup: operators),
            viewerGroup: number(ofGroup: viewers)
        )
    }

    /// Nil: nothing at all.
    package func level(of peer: Peer) -> AccessLevel? {
        if peer.uid == 0 || peer.uid == ownUser { return .administer }
        let groups = Set(peer.groups + [peer.gid])
        if let operatorGroup, groups.contains(operatorGroup) { return .operate }
        if let viewerGroup, groups.contains(viewerGroup) { return .view }
        return nil
    }

    private static func number(ofGroup name: String) -> UInt32? {
        var entry = unsafe group()
        var found: UnsafeMutablePointer<group>?
        var text = [CChar](repeating: 0, count: 1 << 16)
        let result = unsafe getgrnam_r(name, &entry, &text, text.count, &found)
        return unsafe result == 0 && found != nil ? entry.gr_gid : nil
    }
}
