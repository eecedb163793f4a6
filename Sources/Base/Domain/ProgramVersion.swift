/// The version of the programs; clvd, clvctl and clv-worker are installed as one.
package enum ProgramVersion {
    package static let current = "0.1.0"
}
