import ControlAPI
import ControlServer
import HTTPServer
import Testing

@Suite struct AccessTests {
    let rules = AccessRules(ownUser: 990, operatorGroup: 500, viewerGroup: 501)

    private func peer(_ uid: UInt32, gid: UInt32 = 100, groups: [UInt32] = []) -> Peer {
        Peer(pid: 1, uid: uid, gid: gid, groups: groups)
    }

    @Test func `root and the service's own user administer`() {
        #expect(rules.level(of: peer(0)) == .administer)
        #expect(rules.level(of: peer(990)) == .administer)
    }

    @Test func `a group gives its level, as the first group or as a further one`() {
        #expect(rules.level(of: peer(1000, groups: [7, 500])) == .operate)
        #expect(rules.level(of: peer(1000, gid: 500)) == .operate)
        #expect(rules.level(of: peer(1000, groups: [501])) == .view)
        #expect(rules.level(of: peer(1000, groups: [501, 500])) == .operate)
    }

    @Test func `everybody else may do nothing`() {
        #expect(rules.level(of: peer(1000, groups: [7])) == nil)
        #expect(rules.level(of: peer(65_534, gid: 65_534)) == nil)
    }

    @Test func `a group that the system does not have lets nobody in`() {
        let rules = AccessRules(ownUser: 990, operatorGroup: nil, viewerGroup: nil)
        #expect(rules.level(of: peer(1000, gid: 0, groups: [0, 500])) == nil)
    }
}
