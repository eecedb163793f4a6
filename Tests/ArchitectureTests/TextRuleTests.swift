import Testing

/// Each rule about text fails on a tiny source that breaks it, and only there.
@Suite struct TextRuleTests {
    private func domain(_ text: String) -> SourceFile {
        SourceFile("Sources/Base/Domain/Domain.swift", text)
    }

    @Test("comments and strings are no code, interpolations are")
    func views() {
        let text = SwiftText(
            ##"""
            let a = "text \(code["key"]) more" // remark
            /* outer /* inner */ still */ let b = #"raw \(no) "quoted" \#(yes)"#
            let c = """
                many "lines" \(inside)
                """ + end
            """##
        )
        #expect(text.code.count == 5)
        let code = text.code.joined(separator: "\n")
        for word in ["let a", "code[", "let b", "yes", "let c", "inside", "+ end"] {
            #expect(code.contains(word), "\(word)")
        }
        for word in ["text", "key", "more", "remark", "outer", "still", "raw", "no", "many"] {
            #expect(!code.contains(word), "\(word)")
        }
        #expect(text.comments[0].contains("// remark"))
        #expect(text.comments[1].contains("inner */ still */"))
        #expect(!text.comments.joined().contains("let"))
    }

    @Test(
        "a banned word is found",
        arguments: [
            "let a = try! read()", "let a = b as! Day", "import Foundation", "let a = b!",
            "let a = b()!.c", "let a = b[0]! + 1", "var a: Day!", "print(a)",
            "clock_gettime(CLOCK_REALTIME, &t)",
            "let now = time(nil)", "let a = 1 // TODO: later", "/// FIXME", "let a = \"\\(b!)\"",
        ]
    )
    func words(line: String) {
        let violations = TextRules.words(domain("import Glibc\n" + line))
        #expect(violations.count == 1, "\(report(violations))")
        #expect(violations.first?.place == "Sources/Base/Domain/Domain.swift:2")
    }

    @Test(
        "what only looks like a banned word is fine",
        arguments: [
            "let a = b != c", "let a = !b", "if a, !b.c {", "a !== b", "let a = \"print(b!) TODO\"",
            "// try! is banned, as! too", "fingerprint(a)", "journal.print(a)",
            "let runtime = a.time(nil)",
            "enum TODOList {}", "sd_event_add_time(event, &source, CLOCK_REALTIME)",
            "import FoundationEssentials", "guard !(a || b) else { return }",
        ]
    )
    func lookalikes(line: String) {
        let violations = TextRules.words(domain(line))
        #expect(violations.isEmpty, "\(report(violations))")
    }

    @Test("programs print and read the clock, tests print")
    func whereAllowed() {
        let program = SourceFile("Sources/Programs/clvctl/Main.swift", "print(a, time(nil))")
        let service = SourceFile("Sources/Service/Supervisor/Clock.swift", "let a = time(nil)")
        let test = SourceFile("Tests/DomainTests/D.swift", "print(seed)")
        #expect([program, service, test].flatMap(TextRules.words).isEmpty)
        let talker = SourceFile("Sources/Service/Supervisor/Clock.swift", "print(a)")
        #expect(TextRules.words(talker).count == 1)
    }

    @Test(
        "an unchecked promise needs its reason near",
        arguments: ["final class A: @unchecked Sendable {", "nonisolated(unsafe) var a = 1"]
    )
    func safety(line: String) {
        #expect(TextRules.safety(domain("import Glibc\n" + line)).map(\.place).count == 1)
        #expect(TextRules.safety(domain("// Safety: one owner.\n" + line)).isEmpty)
        #expect(TextRules.safety(domain(line + "\n    // Safety: one owner.")).isEmpty)
        let far = "// Safety: of something else.\n" + String(repeating: "\n", count: 9) + line
        #expect(TextRules.safety(domain(far)).count == 1)
    }

    @Test("a file over the limit is found")
    func fileLength() {
        let full = String(repeating: "let a = 1\n", count: TextRules.longestFile)
        #expect(TextRules.length(domain(full)).isEmpty)
        #expect(TextRules.length(domain(full + "let b = 1\n")).count == 1)
    }

    private func function(_ head: String, lines: Int) -> String {
        head + " {\n" + String(repeating: "    if a { b() }\n", count: lines - 2) + "}\n"
    }

    @Test(
        "a function over the limit is found",
        arguments: [
            "func f()", "    package static func f(_ g: (Int) -> Int)", "init(a: Int)", "deinit",
            "package init<T>(_ a: T)", "subscript(a: Int) -> Int",
        ]
    )
    func functionLength(head: String) {
        #expect(TextRules.functions(domain(function(head, lines: 70))).isEmpty)
        let violations = TextRules.functions(domain(function(head, lines: 71)))
        #expect(violations.map(\.message) == ["a function of 71 lines, at most 70"])
    }

    @Test("a head over several lines and requirements without a body are understood")
    func heads() {
        let text = """
            protocol A {
                func one() -> Int
                func two(
                    a: Int
                ) throws
            }
            func three<T>(
                a: T
            )
                where T: B
            {
                print(a)
            }
            """
        let bodies = TextRules.bodies(in: SwiftText(text).code)
        #expect(bodies.map(\.line) == [7])
        #expect(bodies.map(\.lines) == [7])
    }

    @Test(
        "a package type without a doc comment is found",
        arguments: [
            "package struct A {}", "package final class A {}", "@safe package struct A {}",
            "@frozen\npackage enum A {}", "// plain\npackage protocol A {}",
            "/// Of B.\nstruct B {}\npackage typealias A = B",
        ]
    )
    func undocumented(text: String) {
        #expect(DocumentationRules.types(domain(text)).count == 1)
    }

    @Test(
        "documented, nested and private types are fine",
        arguments: [
            "/// A.\npackage struct A {}", "/// A.\n@frozen\n@safe package struct A: B {}",
            "struct A {}", "struct A {\n    package enum B {}\n}",
            "package func make(class: Int) {}",
        ]
    )
    func documented(text: String) {
        let violations = DocumentationRules.types(domain(text))
        #expect(violations.isEmpty, "\(report(violations))")
    }

    @Test("the map must name every target and no other")
    func map() {
        let manifest = Manifest(
            targets: [
                .init(name: "Domain", kind: .module, folder: "Base", uses: []),
                .init(name: "DomainTests", kind: .tests, folder: "Tests", uses: ["Domain"]),
            ]
        )
        #expect(DocumentationRules.map("# Map\n| `Domain` | nouns |\n", manifest).isEmpty)
        #expect(
            DocumentationRules.map("Domain\n| `Attic` | bats |\n", manifest).map(\.message) == [
                "the map has no row for Domain", "Attic has a row, but is no target",
            ]
        )
    }

    @Test("a stranger at the top of the tree is found")
    func top() {
        let house = ["Package.swift", "Sources", "Tests", "deploy", "etc", "README.md", ".git"]
        #expect(DocumentationRules.top(house).isEmpty)
        #expect(DocumentationRules.top(house + ["docs"]).map(\.place) == ["docs"])
    }
}
