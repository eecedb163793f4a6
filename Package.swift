// swift-tools-version: 6.2
import PackageDescription

/// What every target of the house shares; no target can forget it.
let rules: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

func program(_ name: String, _ uses: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: uses,
        path: "Sources/Programs/\(name)",
        swiftSettings: rules
    )
}
func module(_ floor: String, _ name: String, _ uses: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: uses, path: "Sources/\(floor)/\(name)", swiftSettings: rules)
}
func library(_ name: String, _ pkgConfig: String) -> Target {
    .systemLibrary(name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig)
}
func tests(_ name: String, _ uses: [Target.Dependency]) -> Target {
    .testTarget(
        name: name,
        dependencies: uses,
        path: "Tests/\(name)",
        exclude: fixtures(name),
        swiftSettings: rules
    )
}
func fixtures(_ name: String) -> [String] {
    name == "ConfigurationTests" ? ["Fixtures"] : []
}

let package = Package(
    name: "clvd",
    targets: [
        // MARK: Programs
        program(
            "clvbench",
            [
                "Domain", "Features", "Modeling", "Numerics", "Parallel", "ProbabilityModels",
                "Scoring",
                "Training",
            ]
        ),

        // MARK: Service

        // MARK: Stages
        module("Stages", "Scoring", ["Domain", "Modeling", "Parallel"]),
        module("Stages", "Training", ["Domain", "Modeling", "Parallel"]),
        module("Stages", "Features", ["Domain", "Parallel"]),

        // MARK: Models
        module("Models", "ProbabilityModels", ["Domain", "Modeling", "Numerics", "Parallel"]),
        module("Models", "Modeling", ["Domain", "Numerics", "Parallel"]),

        // MARK: System
        module("System", "Parallel", ["CLinux"]),

        // MARK: Base
        module("Base", "Numerics"),
        module("Base", "WorkerContract", ["Configuration", "Domain"]),
        module("Base", "Configuration", ["Domain"]),
        module("Base", "Domain"),
        module("Base", "JSONCoding"),

        // MARK: C
        library("CPostgres", "libpq"),
        library("CSystemd", "libsystemd"),
        library("CMicroHTTPD", "libmicrohttpd"),
        library("CCurl", "libcurl"),
        library("CSQLite", "sqlite3"),
        library("CGcrypt", "libgcrypt"),
        library("CZlib", "zlib"),
        .target(name: "CLinux", path: "Sources/C/CLinux"),

        // MARK: Tests
        tests(
            "ScoringTests",
            [
                "Domain", "Modeling", "Numerics", "Parallel", "ProbabilityModels", "Scoring",
                "Training",
            ]
        ),
        tests(
            "TrainingTests",
            [
                "Domain", "JSONCoding", "Modeling", "Numerics", "Parallel", "ProbabilityModels",
                "Training",
            ]
        ),
        tests("ModelingTests", ["Domain", "Modeling", "Numerics"]),
        tests("FeaturesTests", ["Domain", "Features", "Parallel"]),
        tests("ParallelTests", ["Parallel"]),
        tests("NumericsTests", ["Numerics"]),
        tests(
            "ProbabilityModelsTests",
            ["Domain", "Modeling", "Numerics", "Parallel", "ProbabilityModels"]
        ),
        tests(
            "GoldenTests",
            [
                "Domain", "Features", "Modeling", "Parallel", "ProbabilityModels", "Scoring",
                "Training",
            ]
        ),
        tests("WorkerContractTests", ["Configuration", "Domain", "JSONCoding", "WorkerContract"]),
        tests("DomainTests", ["Domain", "JSONCoding"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
