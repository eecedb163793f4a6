#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

int clinux_set_parent_death_signal(int signal) {
    return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) == 0 ? 0 : errno;
}

void clinux_name_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}

int clinux_peer_credentials(int descriptor, pid_t *pid, uid_t *uid, gid_t *gid) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return errno;
    *pid = peer.pid;
    *uid = peer.uid;
    *gid = peer.gid;
    return 0;
}

int clinux_peer_groups(int descriptor, gid_t *groups, int capacity) {
    socklen_t size = (socklen_t)(capacity * (int)sizeof(gid_t));
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0) return -errno;
    return (int)(size / sizeof(gid_t));
}

int clinux_open(const char *path, int flags, mode_t mode) {
    int descriptor = open(path, flags, mode);
    return descriptor >= 0 ? descriptor : -errno;
}

static int arm_clock_step_timer(int descriptor) {
    // Far away but not so far that the kernel refuses it: only the cancelling counts.
    struct itimerspec never = {.it_value = {.tv_sec = INT64_C(1) << 40}};
    int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
    return timerfd_settime(descriptor, flags, &never, NULL) == 0 ? 0 : -errno;
}

int clinux_clock_step_timer(void) {
    int descriptor = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (descriptor < 0) return -errno;
    int error = arm_clock_step_timer(descriptor);
    if (error == 0) return descriptor;
    close(descriptor);
    return error;
}

void clinux_rearm_clock_step_timer(int descriptor) {
    uint64_t expirations;
    ssize_t ignored = read(descriptor, &expirations, sizeof expirations);
    (void)ignored;
    arm_clock_step_timer(descriptor);
}

int clinux_child_status(const siginfo_t *information) {
    return information->si_status;
}
