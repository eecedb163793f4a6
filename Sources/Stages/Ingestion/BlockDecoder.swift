import Domain
import Parallel

/// Turns the bytes of a source into columns, block by block.
protocol BlockDecoder: Sendable {
    associatedtype Output: Sendable

    mutating func decode(_ block: [UInt8]) throws(IngestionError)
    /// Called once, behind the last block.
    mutating func finish() throws(IngestionError) -> Output
}

/// Decodes on a second thread what `read` hands over on this one, so that the two overlap.
///
/// `read` gets a function that takes a block and answers false when the decoder has failed and
/// reading on is of no use.
func decoding<Decoder: BlockDecoder>(
    with decoder: Decoder,
    read: (_ put: ([UInt8]) -> Bool) throws(IngestionError) -> Void
) throws(IngestionError) -> Decoder.Output {
    let decoded = try overlapping(
        capacity: 8,
        consume: { next in
            Result { () throws(IngestionError) in
                var decoder = decoder
                while let block = next() { try decoder.decode(block) }
                return try decoder.finish()
            }
        },
        produce: read
    )
    return try decoded.get()
}
