#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/aio_abi.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

int clinux_set_parent_death_signal(int signal) {
    return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) == 0 ? 0 : errno;
}

void clinux_name_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
}

int clinux_usable_cores(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
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

int clinux_open_unnamed(const char *folder, mode_t mode) {
    return clinux_open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
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

int clinux_pipe(int *read_end, int *write_end, size_t capacity) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
    if (capacity > 65536 && fcntl(ends[1], F_SETPIPE_SZ, (int)capacity) < (int)capacity) {
        int failure = errno;
        close(ends[0]);
        close(ends[1]);
        return failure;
    }
    *read_end = ends[0];
    *write_end = ends[1];
    return 0;
}

int clinux_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return errno;
    return fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : errno;
}

enum { most_descriptors = 8 };

static int add_descriptors(posix_spawn_file_actions_t *actions, const int *descriptors, int count) {
    int failure = 0;
    for (int i = 0; i < count && failure == 0; i++) {
        failure = descriptors[i] < 0
                      ? posix_spawn_file_actions_addopen(actions, i, "/dev/null", O_RDWR, 0)
                      : posix_spawn_file_actions_adddup2(actions, descriptors[i], i);
    }
    return failure ? failure : posix_spawn_file_actions_addclosefrom_np(actions, count);
}

static int add_attributes(posix_spawnattr_t *attributes, int own_group) {
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (own_group) flags |= POSIX_SPAWN_SETPGROUP;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int failure = posix_spawnattr_setflags(attributes, flags);
    if (!failure) failure = posix_spawnattr_setsigmask(attributes, &none);
    if (!failure) failure = posix_spawnattr_setsigdefault(attributes, &all);
    if (!failure) failure = posix_spawnattr_setpgroup(attributes, 0);
    return failure;
}

int clinux_spawn(pid_t *pid, const char *program, char *const *arguments,
                 char *const *environment, const int *descriptors, int count, int own_group) {
    if (count > most_descriptors) return EINVAL;
    // A source below `count` would be overwritten before its turn: it is moved out of the way.
    int sources[most_descriptors];
    int failure = 0;
    int moved = 0;
    for (; moved < count && failure == 0; moved++) {
        sources[moved] = descriptors[moved];
        if (sources[moved] < 0) continue;
        sources[moved] = fcntl(descriptors[moved], F_DUPFD_CLOEXEC, most_descriptors);
        if (sources[moved] < 0) failure = errno;
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    if (!failure) failure = add_descriptors(&actions, sources, count);
    if (!failure) failure = add_attributes(&attributes, own_group);
    if (!failure) {
        failure = posix_spawnp(pid, program, &actions, &attributes, arguments, environment);
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    for (int i = 0; i < moved; i++) {
        if (sources[i] >= 0) close(sources[i]);
    }
    return failure;
}

char *const *clinux_environment(void) {
    return environ;
}

int clinux_epoll_create(void) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    return epoll >= 0 ? epoll : -errno;
}

int clinux_epoll_add(int epoll, int descriptor, int readable) {
    struct epoll_event event = {.events = readable ? EPOLLIN : 0, .data.fd = descriptor};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : errno;
}

int clinux_epoll_remove(int epoll, int descriptor) {
    return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL) == 0 ? 0 : errno;
}

int clinux_epoll_ready(int epoll, int *descriptors, int capacity) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, capacity < 64 ? capacity : 64, 0);
    if (count < 0) return -errno;
    for (int i = 0; i < count; i++) descriptors[i] = events[i].data.fd;
    return count;
}

static volatile sig_atomic_t counted_signals;

static void count_signal(int signal) {
    (void)signal;
    counted_signals++;
}

void clinux_count_signal(int signal) {
    struct sigaction action = {.sa_handler = count_signal};
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL);
}

int clinux_counted_signals(void) {
    return counted_signals;
}

static int release_code(struct dl_phdr_info *object, size_t size, void *page_size) {
    (void)size;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        // What is executable and was never writable is as it is in the file.
        int is_code = segment->p_type == PT_LOAD && segment->p_flags & PF_X;
        if (!is_code || segment->p_flags & PF_W) continue;
        uintptr_t start = object->dlpi_addr + segment->p_vaddr;
        uintptr_t first = start & ~(*(uintptr_t *)page_size - 1);
        madvise((void *)first, start + segment->p_memsz - first, MADV_DONTNEED);
    }
    return 0;
}

void clinux_release_memory(void) {
    malloc_trim(0);
    uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    dl_iterate_phdr(release_code, &page_size);
}

int clinux_sync_open(unsigned long *context, int *descriptor) {
    aio_context_t made = 0;
    if (syscall(SYS_io_setup, 1, &made) < 0) return errno;
    *descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (*descriptor < 0) {
        int failure = errno;
        syscall(SYS_io_destroy, made);
        return failure;
    }
    *context = made;
    return 0;
}

int clinux_sync_begin(unsigned long context, int descriptor, int file) {
    struct iocb request = {
        .aio_lio_opcode = IOCB_CMD_FDSYNC,
        .aio_fildes = (uint32_t)file,
        .aio_flags = IOCB_FLAG_RESFD,
        .aio_resfd = (uint32_t)descriptor,
    };
    struct iocb *requests = &request;
    return syscall(SYS_io_submit, context, 1, &requests) == 1 ? 0 : errno;
}

int clinux_sync_ended(unsigned long context, int descriptor, int wait, int *error) {
    uint64_t news;
    // Whether there are any is what the events say.
    if (read(descriptor, &news, sizeof news) < 0 && errno != EAGAIN) return -errno;
    struct io_event event;
    long count;
    do {
        struct timespec at_once = {0, 0};
        count = syscall(SYS_io_getevents, context, wait ? 1 : 0, 1, &event,
                        wait ? NULL : &at_once);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return -errno;
    if (count == 1) *error = event.res < 0 ? (int)-event.res : 0;
    return (int)count;
}

void clinux_sync_close(unsigned long context, int descriptor) {
    syscall(SYS_io_destroy, context);
    close(descriptor);
}

int clinux_timer_create(void) {
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return timer < 0 ? -errno : timer;
}

void clinux_timer_set(int timer, int milliseconds) {
    struct itimerspec when = {
        .it_value = {milliseconds / 1000, (milliseconds % 1000) * 1000000L},
    };
    timerfd_settime(timer, 0, &when, NULL);
}
