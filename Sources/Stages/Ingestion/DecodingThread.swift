import Glibc

/// Turns blocks of bytes into a result, piece by piece.
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
    let queue = BlockQueue()
    let thread = try DecodingThread { () throws(IngestionError) -> Decoder.Output in
        var decoder = decoder
        defer { queue.abandon() }
        while let block = queue.take() { try decoder.decode(block) }
        return try decoder.finish()
    }
    let reading = Result { () throws(IngestionError) in try read(queue.put) }
    queue.close()
    let decoded = thread.join()
    // What a decoder makes of half a source says nothing.
    try reading.get()
    return try decoded.get()
}

/// One thread that computes one value.
final class DecodingThread<Output: Sendable>: @unchecked Sendable {
    // Safety: `result` is written by the thread and read after it was joined.
    private var result: Result<Output, IngestionError>?
    private var handle = pthread_t()
    private let body: @Sendable () throws(IngestionError) -> Output

    init(_ body: @escaping @Sendable () throws(IngestionError) -> Output) throws(IngestionError) {
        self.body = body
        let context = unsafe Unmanaged.passRetained(self as AnyObject)
        let status = unsafe pthread_create(&handle, nil, runThread, context.toOpaque())
        if status != 0 {
            unsafe context.release()
            throw .noThread(reason: unsafe String(cString: strerror(status)))
        }
    }

    func join() -> Result<Output, IngestionError> {
        pthread_join(handle, nil)
        guard let result else { preconditionFailure("a joined thread has a result") }
        return result
    }
}

extension DecodingThread: Runnable {
    fileprivate func run() { result = Result { () throws(IngestionError) in try body() } }
}

private protocol Runnable: AnyObject { func run() }

private func runThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    let object = unsafe Unmanaged<AnyObject>.fromOpaque(context).takeRetainedValue()
    (object as? any Runnable)?.run()
    return nil
}
