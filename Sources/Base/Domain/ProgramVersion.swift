/// The version that the programs, the packages and the manifests of models carry.
package enum ProgramVersion {
    package static let text = "0.1.0"
}
