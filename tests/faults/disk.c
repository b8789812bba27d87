// Preloaded into a node: its disk becomes slow or fails, and its clock goes wrong, on command. The
// command is a struct in a file that the test maps as well (tests/faults/disk.py).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct command {
    int32_t fsync_errno;
    int32_t fsync_delay_ms;
    int32_t write_errno;
    int32_t write_delay_ms;
    int64_t clock_ahead_us;
};

static const struct command none;
static const volatile struct command* command = &none;
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_clock_gettime)(clockid_t, struct timespec*);
static ssize_t (*real_pwrite64)(int, const void*, size_t, off64_t);

static void* real(const char* name) {
    return dlsym(RTLD_NEXT, name);
}

__attribute__((constructor)) static void start(void) {
    real_fsync = (int (*)(int))real("fsync");
    real_fdatasync = (int (*)(int))real("fdatasync");
    real_clock_gettime = (int (*)(clockid_t, struct timespec*))real("clock_gettime");
    real_pwrite64 = (ssize_t(*)(int, const void*, size_t, off64_t))real("pwrite64");
    const char* file = getenv("FAULTY_DISK");
    const int descriptor = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    if (descriptor < 0) return;
    void* mapped = mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, descriptor, 0);
    if (mapped != MAP_FAILED) command = mapped;
    close(descriptor);
}

// How this call fares: 0, or -1 with errno.
static int suffer(int32_t delay_ms, int32_t error) {
    if (delay_ms > 0) poll(NULL, 0, delay_ms);
    errno = error;
    return error ? -1 : 0;
}

int fsync(int descriptor) {
    if (suffer(command->fsync_delay_ms, command->fsync_errno)) return -1;
    return real_fsync(descriptor);
}

int fdatasync(int descriptor) {
    if (suffer(command->fsync_delay_ms, command->fsync_errno)) return -1;
    return real_fdatasync(descriptor);
}

ssize_t pwrite64(int descriptor, const void* data, size_t size, off64_t at) {
    if (suffer(command->write_delay_ms, command->write_errno)) return -1;
    return real_pwrite64(descriptor, data, size, at);
}

ssize_t pwrite(int descriptor, const void* data, size_t size, off_t at) {
    return pwrite64(descriptor, data, size, at);
}

int clock_gettime(clockid_t clock, struct timespec* now) {
    if (!real_clock_gettime) start();
    const int done = real_clock_gettime(clock, now);
    const int64_t ahead_us = command->clock_ahead_us;
    if (done == 0 && clock == CLOCK_REALTIME && ahead_us != 0) {
        const int64_t us = now->tv_sec * 1000000LL + now->tv_nsec / 1000 + ahead_us;
        now->tv_sec = us / 1000000;
        now->tv_nsec = us % 1000000 * 1000;
    }
    return done;
}
