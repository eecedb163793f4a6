import Testing

/// Each rule fails on a tiny source that breaks it, and only there.
@Suite struct RuleTests {
    private let house = Manifest(
        """
        func module(_ floor: String, _ name: String) -> Target { .target(name: name) }
        let package = Package(name: "clvd", targets: [
            // MARK: Programs
            program("clvd", ["Supervisor"]),
            // module("Base", "Ghost"),
            module("Service", "Supervisor", ["Domain"]),
            module(
                "Service",
                "Pipeline",
                ["BGNBD", "Cleaning", "Ingestion"]
            ),
            module("Stages", "Cleaning", ["Domain"]),
            module("Stages", "Ingestion", ["Postgres"]),
            module("Models", "BGNBD", ["Modeling"]),
            module("Models", "Modeling", ["Domain"]),
            module("System", "Postgres", ["CPostgres", "Domain"]),
            module("Base", "Domain"),
            library("CPostgres", "libpq"),
            .target(name: "CTOML", dependencies: ["CLinux"], path: "Sources/C/CTOML"),
            .target(name: "CLinux", path: "Sources/C/CLinux"),
            tests("DomainTests", ["Domain"]),
            support("TestSupport", ["Postgres"]),
        ])
        """
    )

    private func changed(_ name: String, uses: [String]) -> Manifest {
        Manifest(
            targets: house.targets.map { target in
                var target = target
                if target.name == name { target.uses = uses }
                return target
            }
        )
    }

    // MARK: The manifest

    @Test("the manifest is read as it is written")
    func manifest() {
        #expect(
            house.targets.map(\.name) == [
                "clvd", "Supervisor", "Pipeline", "Cleaning", "Ingestion", "BGNBD", "Modeling",
                "Postgres", "Domain", "CPostgres", "CTOML", "CLinux", "DomainTests", "TestSupport",
            ]
        )
        #expect(house["Pipeline"]?.uses == ["BGNBD", "Cleaning", "Ingestion"])
        #expect(house["Pipeline"]?.floor == .service)
        #expect(
            house["CTOML"] == .init(name: "CTOML", kind: .module, folder: "C", uses: ["CLinux"])
        )
        #expect(house["Domain"]?.uses == [])
        #expect(house.closure(of: "Ingestion") == ["Postgres", "CPostgres", "Domain"])
    }

    @Test("a sound manifest breaks no rule")
    func sound() {
        #expect(ArrowRules.arrows(house).isEmpty)
        #expect(ArrowRules.reach(house).isEmpty)
    }

    @Test(
        "a wrong arrow is found",
        arguments: [
            ("Domain", "Postgres", "goes up"),
            ("Postgres", "Pipeline", "goes up"),
            ("Modeling", "Cleaning", "goes up"),
            ("Supervisor", "clvd", "goes up"),
            ("CLinux", "Domain", "goes up"),
            ("Cleaning", "Ingestion", "a stage uses a stage"),
            ("Modeling", "BGNBD", "a model family uses a family"),
            ("Cleaning", "Nowhere", "no such target"),
            ("DomainTests", "Nowhere", "no such target"),
        ]
    )
    func arrows(from: String, to: String, why: String) {
        let violations = ArrowRules.arrows(changed(from, uses: [to]))
        #expect(violations.count == 1)
        #expect(report(violations).contains(why))
        #expect(report(violations).contains("\(from) -> \(to)"))
    }

    @Test("an arrow inside Service and one of a family to Modeling are fine")
    func neighbours() {
        #expect(ArrowRules.arrows(changed("Supervisor", uses: ["Pipeline"])).isEmpty)
        #expect(ArrowRules.arrows(changed("BGNBD", uses: ["Modeling", "Domain"])).isEmpty)
    }

    @Test("a program that uses a program is found")
    func programs() {
        let other = Manifest.Target(
            name: "clvctl",
            kind: .program,
            folder: "Programs",
            uses: ["clvd"]
        )
        let violations = ArrowRules.arrows(Manifest(targets: house.targets + [other]))
        #expect(report(violations).contains("a program uses a program"))
    }

    @Test(
        "what clvd must not reach is found behind other modules",
        arguments: ["Pipeline", "Cleaning", "Modeling", "Postgres"]
    )
    func reach(name: String) {
        let violations = ArrowRules.reach(changed("Supervisor", uses: [name]))
        #expect(report(violations).contains("must not reach \(name)"))
    }

    @Test("folders and targets must agree, on a known floor")
    func folders() {
        let folders = house.targets.map {
            $0.kind == .tests ? "Tests/\($0.name)" : "Sources/\($0.folder)/\($0.name)"
        }
        #expect(ArrowRules.folders(folders, house).isEmpty)
        let stray = report(ArrowRules.folders(folders + ["Sources/Base/Dates"], house))
        #expect(
            stray == "Sources/Base/Dates: the folder is no target of that name in Package.swift"
        )
        let missing = report(ArrowRules.folders(Array(folders.dropLast()), house))
        #expect(missing == "Package.swift: the target has no folder Tests/TestSupport")
        let attic = Manifest(
            targets: [.init(name: "Bats", kind: .module, folder: "Attic", uses: [])]
        )
        let noFloor = report(ArrowRules.folders(["Sources/Attic/Bats"], attic))
        #expect(noFloor == "Package.swift: Bats: \"Attic\" is no floor")
    }

    // MARK: Imports

    private func cleaning(_ text: String) -> SourceFile {
        SourceFile("Sources/Stages/Cleaning/Cleaning.swift", text)
    }

    @Test(
        "an import is found in every form",
        arguments: [
            "import Postgres", "package import Postgres", "@testable import Postgres",
            "@preconcurrency public import Postgres", "import struct Postgres.Rows",
            "import Postgres // why",
        ]
    )
    func importForms(line: String) {
        #expect(ImportRules.imports(of: cleaning("\n" + line)).map(\.module) == ["Postgres"])
        let violations = ImportRules.declared(cleaning("\n" + line), house)
        #expect(
            report(violations)
                == "Sources/Stages/Cleaning/Cleaning.swift:2: Postgres is not among the uses of Cleaning"
        )
    }

    @Test("declared imports, the system's and imports in comments are fine")
    func goodImports() {
        let file = cleaning(
            "import Domain\nimport Glibc\n// import Postgres\nlet a = \"import B\"\n"
        )
        #expect(ImportRules.declared(file, house).isEmpty)
    }

    @Test("Foundation is found, and FoundationEssentials outside JSONCoding")
    func foundation() {
        #expect(ImportRules.declared(cleaning("import Foundation"), house).count == 1)
        #expect(ImportRules.declared(cleaning("import FoundationEssentials"), house).count == 1)
        #expect(ImportRules.declared(cleaning("import Testing"), house).count == 1)
        let json = SourceFile("Sources/Base/JSONCoding/J.swift", "import FoundationEssentials")
        #expect(ImportRules.declared(json, house).isEmpty)
        let test = SourceFile("Tests/DomainTests/D.swift", "import Domain\nimport Testing")
        #expect(ImportRules.declared(test, house).isEmpty)
    }

    @Test("a declared use that no file imports is found")
    func needless() {
        let single = Manifest(targets: house.targets.filter { $0.name == "Cleaning" })
        #expect(ImportRules.needless([cleaning("import Domain")], single).isEmpty)
        #expect(
            report(ImportRules.needless([cleaning("import Glibc")], single))
                == "Package.swift: Cleaning -> Domain: no file imports it"
        )
    }

    @Test("a second importer of a C library is found, and a test that imports one")
    func owners() {
        let owner = SourceFile("Sources/System/Postgres/P.swift", "import CPostgres")
        let thief = SourceFile("Sources/Stages/Cleaning/C.swift", "import CPostgres")
        let test = SourceFile("Tests/PostgresTests/P.swift", "import CPostgres")
        let shim = SourceFile("Sources/Stages/Cleaning/D.swift", "import CLinux")
        #expect(ImportRules.owners([owner, shim], house).isEmpty)
        #expect(
            report(ImportRules.owners([owner, thief], house))
                == "CPostgres: it has more than one owner: Cleaning, Postgres"
        )
        #expect(ImportRules.owners([owner, test], house).count == 1)
    }
}
