/// The version of the programs; clvd, clvctl and clv-worker are installed as one.
package enum ProgramVersion {
    package static let current = "0.1.0"
/// The version that the programs, the packages and the manifests of models carry.
    package static let text = "0.1.0"
}
