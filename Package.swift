// swift-tools-version: 6.2
// swift-format-ignore-file
// One line per target, however long.

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
    ["CommandLineTests", "ConfigurationTests"].contains(name) ? ["Fixtures"] : []
}

let package = Package(
    name: "clvd",
    targets: [
        // MARK: Programs
        program("clv-worker", ["Domain", "Pipeline"]),
        program("clvbench", ["Cleaning", "Configuration", "ControlAPI", "Domain", "Features", "FileSystem", "HTTPClient", "Ingestion", "JSONCoding", "Modeling", "Numerics", "Parallel", "Pipeline", "Postgres", "ProbabilityModels", "Publishing", "Sampling", "Scoring", "Training", "WorkerContract"]),
        program("clvctl", ["CommandLine", "ControlAPI", "Domain"]),
        program("clvd", ["Domain", "Journal", "Supervisor", "Systemd"]),

        // MARK: Service
        module("Service", "CommandLine", ["Configuration", "ControlAPI", "Domain", "HTTPClient", "JSONCoding", "Scheduling", "Subprocess", "WorkerContract"]),
        module("Service", "ControlAPI", ["Configuration", "Domain", "JSONCoding", "WorkerContract"]),
        module("Service", "ControlServer", ["Configuration", "ControlAPI", "Domain", "HTTPServer", "JSONCoding", "Systemd"]),
        module("Service", "Pipeline", ["CLinux", "Cleaning", "Configuration", "Domain", "Evaluation", "Features", "FileSystem", "Ingestion", "JSONCoding", "ModelStore", "Modeling", "Parallel", "Postgres", "ProbabilityModels", "Publishing", "Sampling", "Scheduling", "Scoring", "SurvivalModels", "Training", "WorkerContract"]),
        module("Service", "Supervisor", ["CLinux", "Configuration", "ControlAPI", "ControlServer", "Domain", "HTTPServer", "JSONCoding", "Journal", "ModelStore", "Scheduling", "StateDatabase", "Subprocess", "Systemd", "WorkerContract"]),

        // MARK: Stages
        module("Stages", "Cleaning", ["Domain", "Parallel"]),
        module("Stages", "Evaluation", ["Domain", "Modeling", "Numerics", "Parallel"]),
        module("Stages", "Features", ["Domain", "Parallel"]),
        module("Stages", "Ingestion", ["CZlib", "Configuration", "Domain", "FileSystem", "Parallel", "Postgres"]),
        module("Stages", "Publishing", ["Domain", "Postgres"]),
        module("Stages", "Sampling", ["Domain", "FileSystem", "Numerics"]),
        module("Stages", "Scoring", ["Domain", "Modeling", "Parallel"]),
        module("Stages", "Training", ["Domain", "Modeling", "Numerics"]),

        // MARK: Models
        module("Models", "Modeling", ["Domain", "Numerics", "Parallel"]),
        module("Models", "ProbabilityModels", ["Domain", "Modeling", "Numerics", "Parallel"]),
        module("Models", "SurvivalModels", ["Domain", "Modeling", "Parallel"]),

        // MARK: System
        module("System", "FileSystem", ["CLinux", "Domain", "Faults"]),
        module("System", "HTTPClient", ["CCurl", "Domain", "JSONCoding"]),
        module("System", "HTTPServer", ["CLinux", "CMicroHTTPD", "Domain"]),
        module("System", "ModelStore", ["CGcrypt", "Domain", "FileSystem", "JSONCoding"]),
        module("System", "Parallel", ["CLinux"]),
        module("System", "Postgres", ["CPostgres", "Configuration", "Domain", "Faults"]),
        module("System", "StateDatabase", ["CLinux", "CSQLite", "Domain", "Faults", "JSONCoding", "Scheduling", "WorkerContract"]),
        module("System", "Subprocess", ["CLinux", "Domain", "Faults", "JSONCoding"]),
        module("System", "Systemd", ["CLinux", "CSystemd", "Domain"]),

        // MARK: Base
        module("Base", "Configuration", ["CTOML", "Domain", "Scheduling"]),
        module("Base", "Domain"),
        module("Base", "Faults"),
        module("Base", "JSONCoding"),
        module("Base", "Journal"),
        module("Base", "Numerics"),
        module("Base", "Scheduling", ["Domain"]),
        module("Base", "WorkerContract", ["Configuration", "Domain"]),

        // MARK: C
        library("CCurl", "libcurl"),
        library("CGcrypt", "libgcrypt"),
        library("CMicroHTTPD", "libmicrohttpd"),
        library("CPostgres", "libpq"),
        library("CSQLite", "sqlite3"),
        library("CSystemd", "libsystemd"),
        library("CZlib", "zlib"),
        .target(name: "CLinux", path: "Sources/C/CLinux"),
        .target(name: "CTOML", path: "Sources/C/CTOML"),

        // MARK: Tests
        tests("ArchitectureTests", []),
        tests("BadInputTests", ["Configuration", "Domain", "FileSystem", "JSONCoding", "Numerics", "Postgres", "Subprocess", "TestSupport", "WorkerContract", "clv-worker", "clvctl"]),
        tests("CleaningTests", ["Cleaning", "Configuration", "Domain", "Ingestion", "Postgres", "TestSupport"]),
        tests("CommandLineTests", ["CommandLine", "Configuration", "ControlAPI", "Domain", "FileSystem", "JSONCoding", "Scheduling", "Subprocess", "TestSockets", "WorkerContract", "clvctl"]),
        tests("ConfigurationTests", ["Configuration", "Domain", "JSONCoding"]),
        tests("ControlAPITests", ["Configuration", "ControlAPI", "Domain", "JSONCoding", "WorkerContract"]),
        tests("ControlServerTests", ["ControlAPI", "ControlServer", "HTTPServer"]),
        tests("DomainTests", ["Domain", "JSONCoding"]),
        tests("EvaluationTests", ["Domain", "Evaluation", "Features", "JSONCoding", "Modeling", "Numerics", "Parallel", "ProbabilityModels", "SurvivalModels", "Training"]),
        tests("FeaturesTests", ["Domain", "Features", "Parallel"]),
        tests("FileSystemTests", ["Domain", "FileSystem", "TestSupport"]),
        tests("GoldenTests", ["Domain", "Features", "Modeling", "Parallel", "ProbabilityModels", "Scoring", "SurvivalModels", "TestSupport", "Training"]),
        tests("HTTPClientTests", ["HTTPClient", "TestSockets"]),
        tests("HTTPServerTests", ["HTTPServer", "TestSupport"]),
        tests("IngestionTests", ["Configuration", "Domain", "FileSystem", "Ingestion", "Postgres", "TestSupport"]),
        tests("IntegrationTests", ["ControlAPI", "Domain", "FileSystem", "HTTPClient", "JSONCoding", "ModelStore", "Numerics", "Postgres", "Scheduling", "StateDatabase", "Subprocess", "TestSupport", "WorkerContract"]),
        tests("JournalTests", ["Journal"]),
        tests("ModelConformanceTests", ["Domain", "JSONCoding", "Modeling", "Numerics", "Parallel", "ProbabilityModels"]),
        tests("ModelStoreTests", ["Domain", "FileSystem", "ModelStore", "TestSupport"]),
        tests("ModelingTests", ["Domain", "Modeling", "Numerics"]),
        tests("NumericsTests", ["Numerics"]),
        tests("ParallelTests", ["Parallel"]),
        tests("PipelineTests", ["Configuration", "Domain", "FileSystem", "JSONCoding", "ModelStore", "Modeling", "Pipeline", "Postgres", "Publishing", "Scoring", "TestSupport", "WorkerContract"]),
        tests("PostgresTests", ["Configuration", "Domain", "Postgres", "TestSupport"]),
        tests("ProbabilityModelsTests", ["Domain", "Modeling", "Numerics", "Parallel", "ProbabilityModels"]),
        tests("PublishingTests", ["Domain", "FileSystem", "Postgres", "Publishing", "TestSupport"]),
        tests("SamplingTests", ["Cleaning", "Configuration", "Domain", "FileSystem", "Ingestion", "Sampling", "TestSupport"]),
        tests("SchedulingTests", ["Domain", "Scheduling"]),
        tests("ScoringTests", ["Domain", "Features", "JSONCoding", "Modeling", "Numerics", "Parallel", "ProbabilityModels", "Scoring", "SurvivalModels", "Training"]),
        tests("StateDatabaseTests", ["Domain", "FileSystem", "Scheduling", "StateDatabase", "TestSupport", "WorkerContract"]),
        tests("SubprocessTests", ["JSONCoding", "Subprocess"]),
        tests("SupervisorTests", ["Configuration", "ControlAPI", "Domain", "FileSystem", "HTTPClient", "JSONCoding", "ModelStore", "Scheduling", "StateDatabase", "Subprocess", "TestSupport", "WorkerContract", "clvd"]),
        tests("SurvivalModelsTests", ["Domain", "Modeling", "Numerics", "Parallel", "SurvivalModels"]),
        tests("SystemdTests", ["Domain", "Systemd"]),
        support("TestSockets", []),
        support("TestSupport", ["Configuration", "FileSystem", "JSONCoding", "Postgres", "Subprocess"]),
        tests("TrainingTests", ["Domain", "JSONCoding", "Modeling", "Numerics", "Parallel", "ProbabilityModels", "Training"]),
        tests("WorkerContractTests", ["Configuration", "Domain", "JSONCoding", "WorkerContract"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
