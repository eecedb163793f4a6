#pragma once

// Calls that need _GNU_SOURCE, are variadic, or are macros: what Swift's Glibc module cannot reach.

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
