/// Rules about which target may use which.
enum ArrowRules {
    /// Arrows go down, inside `Stages` there are none, and inside `Models` all lead to `Modeling`.
    static func arrows(_ manifest: Manifest) -> [Violation] {
        manifest.targets.flatMap { target in
            target.uses.compactMap { name in
                problem(from: target, to: name, in: manifest).map {
                    Violation("Package.swift: \(target.name) -> \(name)", $0)
                }
            }
        }
    }

    private static func problem(
        from target: Manifest.Target,
        to name: String,
        in manifest: Manifest
    ) -> String? {
        guard let used = manifest[name] else { return "no such target is declared" }
        guard target.kind != .tests else { return nil }
        guard let floor = target.floor, let below = used.floor else {
            return "a target lies on no floor"
        }
        if below > floor { return "the arrow goes up, from \(target.folder) to \(used.folder)" }
        guard below == floor else { return nil }
        switch floor {
        case .programs: return "a program uses a program"
        case .stages: return "a stage uses a stage; only Pipeline sees two stages at once"
        case .models where name != "Modeling": return "a model family uses a family"
        default: return nil
        }
    }

    /// What the supervisor and the command line must not reach, by any way.
    static func reach(_ manifest: Manifest) -> [Violation] {
        ["clvd", "clvctl"].flatMap { program in
            manifest.closure(of: program).sorted().compactMap { name in
                let floor = manifest[name]?.floor
                let isForbidden =
                    floor == .stages || floor == .models
                    || ["Pipeline", "Numerics", "Postgres"].contains(name)
                guard isForbidden else { return nil }
                return Violation("Package.swift: \(program)", "it must not reach \(name)")
            }
        }
    }

    /// A folder is a target is an import, each by one name, on one of the seven floors.
    ///
    /// `folders` are those that hold files, e.g. `Sources/Base/Domain` and `Tests/DomainTests`.
    static func folders(_ folders: [String], _ manifest: Manifest) -> [Violation] {
        let declared = manifest.targets.map { target in
            target.kind == .tests
                ? "Tests/\(target.name)" : "Sources/\(target.folder)/\(target.name)"
        }
        let strangers = Set(folders).subtracting(declared).sorted().map {
            Violation($0, "the folder is no target of that name in Package.swift")
        }
        let missing = Set(declared).subtracting(folders).sorted().map {
            Violation("Package.swift", "the target has no folder \($0)")
        }
        let floors = manifest.targets
            .filter { $0.kind != .tests && $0.floor == nil }
            .map { Violation("Package.swift: \($0.name)", "\"\($0.folder)\" is no floor") }
        return strangers + missing + floors
    }
}
