#pragma once

// Calls that need _GNU_SOURCE, are variadic, or are macros: what Swift's Glibc module cannot reach.

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

/// Asks the kernel to send `signal` to this process when its parent ends. 0 or an errno.
int clinux_set_parent_death_signal(int signal);

/// Names the calling thread (15 bytes at most) as `ps -L` and `perf` show it.
void clinux_name_thread(const char *name);

/// How many cores this process may run on (its affinity, as taskset and Slurm set it).
int clinux_usable_cores(void);

/// Who is at the other end of a connected Unix socket. 0 or an errno.
int clinux_peer_credentials(int descriptor, pid_t *pid, uid_t *uid, gid_t *gid);

/// The supplementary groups of the peer: how many were written (at most `capacity`), or -errno.
int clinux_peer_groups(int descriptor, gid_t *groups, int capacity);

/// open(2) with a mode: -errno on failure.
int clinux_open(const char *path, int flags, mode_t mode);

/// A file without a name in a folder, for writing: -errno on failure.
int clinux_open_unnamed(const char *folder, mode_t mode);

/// A timer whose descriptor becomes readable when somebody sets the wall clock, or -errno.
int clinux_clock_step_timer(void);

/// Takes the news off such a timer and arms it again.
void clinux_rearm_clock_step_timer(int descriptor);

/// The exit code, or the signal, in what waitid(2) tells of a child.
int clinux_child_status(const siginfo_t *information);

/// A pipe with O_CLOEXEC on both ends, and room for `capacity` bytes when that is more than
/// usual. 0 or an errno; EPERM when the capacity is over the system's limit.
int clinux_pipe(int *read_end, int *write_end, size_t capacity);

/// Makes reads and writes return EAGAIN instead of waiting. 0 or an errno.
int clinux_set_nonblocking(int descriptor);

/// Starts a program (a name without a slash is looked for in PATH) with an empty signal mask,
/// default dispositions, and `descriptors[0..<count]` as its descriptors 0..<count; -1 stands for
/// /dev/null, everything else is closed. In a process group of its own when `own_group`.
/// 0 or an errno.
int clinux_spawn(pid_t *pid, const char *program, char *const *arguments,
                 char *const *environment, const int *descriptors, int count, int own_group);

/// This process's environment, as execve(2) takes it.
char *const *clinux_environment(void);

/// An epoll instance, or -errno.
int clinux_epoll_create(void);

/// Waits with `epoll` for `descriptor`: readable when `readable`, else only for its hang-up.
/// 0 or an errno.
int clinux_epoll_add(int epoll, int descriptor, int readable);

/// Waits for it no longer. 0 or an errno.
int clinux_epoll_remove(int epoll, int descriptor);

/// Writes which descriptors have news now, without waiting: how many, or -errno.
int clinux_epoll_ready(int epoll, int *descriptors, int capacity);

/// From now on counts the arrivals of a signal instead of dying from it; waiting calls return.
void clinux_count_signal(int signal);

/// How many counted signals have arrived.
int clinux_counted_signals(void);

/// Gives back what a long wait does not need: free heap, and the pages of code that were used last
/// at the start. The kernel maps code again, without reading a disk, when it is called.
void clinux_release_memory(void);

/// Syncs of one file that go on in the kernel while the caller does something else.
///
/// Its descriptor becomes readable when one has ended. 0 or an errno; ENOSYS and EPERM where a
/// sandbox does not let it.
int clinux_sync_open(unsigned long *context, int *descriptor);

/// Begins to put on disk what was written to `file`: 0 or an errno.
int clinux_sync_begin(unsigned long context, int descriptor, int file);

/// How one that was begun ended, without waiting when `wait` is 0: 1 and its `error` (0: well), 0 when
/// none has ended, or -errno.
int clinux_sync_ended(unsigned long context, int descriptor, int wait, int *error);

void clinux_sync_close(unsigned long context, int descriptor);

/// A timer of the monotonic clock, or -errno; and sets it to go off once, after so many milliseconds.
int clinux_timer_create(void);
void clinux_timer_set(int timer, int milliseconds);
