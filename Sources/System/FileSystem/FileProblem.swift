package import Domain
import Glibc

/// A file or folder that could not be read or written.
package struct FileProblem: Problem {
    package let errorNumber: Int32
    /// What was tried, e.g.
    ///
    /// `could not write file "/a/b"`.
    package let message: String

    package init(errorNumber: Int32 = errno, _ message: String) {
        self.errorNumber = errorNumber
        self.message = message
    }

    package var code: String {
        switch errorNumber {
        case ENOENT: "no_such_file"
        case EACCES, EPERM: "file_permission"
        case EISDIR: "is_a_folder"
        case ENOTDIR: "not_a_folder"
        case ENOSPC, EDQUOT: "disk_full"
        case EROFS: "read_only_file_system"
        case EFBIG: "file_too_large"
        default: "file_error"
        }
    }

    package var cause: String? { unsafe String(cString: strerror(errorNumber)) }

    package var fix: String? {
        switch errorNumber {
        case ENOENT: "check the path, each of its folders included"
        case EACCES, EPERM: "give the calling user access to it, e.g. with chown or chmod"
        case ENOSPC, EDQUOT: "free space on that file system"
        case EROFS: "mount the file system for writing, or choose another folder"
        case EISDIR: "name a file, not a folder"
        case ENOTDIR: "check the path: a part of it is a file and no folder"
        case ENAMETOOLONG, ELOOP: "choose another path"
        case EFBIG: "name a smaller file"
        case EMFILE, ENFILE: "raise LimitNOFILE, and see who holds files with lsof"
        case EBADF: "standard output is closed: redirect it, or name a file with -o"
        default: "see the kernel's log: journalctl -k"
        }
    }

    package var failureClass: FailureClass {
        switch errorNumber {
        case ENOENT, EACCES, EPERM, EISDIR, ENOTDIR, ENAMETOOLONG, ELOOP: .configuration
        default: .transient
        }
    }
}
