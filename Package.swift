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
func support(_ name: String, _ uses: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: uses, path: "Tests/\(name)", swiftSettings: rules)
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
        module(
            "Stages",
            "Ingestion",
            ["CZlib", "Configuration", "Domain", "Parallel", "Postgres"]
        ),
        module("Stages", "Cleaning", ["Domain", "Parallel"]),
        module("Stages", "Sampling", ["Domain", "Numerics"]),
        module("Stages", "Publishing", ["Domain", "Postgres"]),
        module("Stages", "Scoring", ["Domain", "Modeling", "Parallel"]),
        module("Stages", "Training", ["Domain", "Modeling", "Parallel"]),
        module("Stages", "Features", ["Domain", "Parallel"]),

        // MARK: Models
        module("Models", "ProbabilityModels", ["Domain", "Modeling", "Numerics", "Parallel"]),
        module("Models", "Modeling", ["Domain", "Numerics", "Parallel"]),

        // MARK: System
        module("System", "Postgres", ["CPostgres", "Configuration", "Domain"]),
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
            "IngestionTests",
            ["Configuration", "Domain", "Ingestion", "Postgres", "TestSupport"]
        ),
        tests("CleaningTests", ["Cleaning", "Configuration", "Domain", "Ingestion"]),
        tests("SamplingTests", ["Cleaning", "Configuration", "Domain", "Ingestion", "Sampling"]),
        support("TestSupport", ["Configuration", "Postgres"]),
        tests("PublishingTests", ["Domain", "Postgres", "Publishing", "TestSupport"]),
        tests("PostgresTests", ["Configuration", "Domain", "Postgres", "TestSupport"]),
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
