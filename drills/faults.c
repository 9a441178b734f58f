/* Lets the calls of a process fail, for drills/faults.py and drills/clock.py:
 *
 *     cc -shared -fPIC -O2 -o faults.so faults.c -ldl
 *     FAULTS=/path/of/a/file LD_PRELOAD=./faults.so bounced serve
 *
 * The file holds two 64-bit numbers, which may be changed at any time: the fault, and by how many
 * seconds the clock is off.  A fault concerns the files whose names contain ".db", and no other.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { NONE, SYNC_FAILS, WRITE_FAILS, WRITE_IS_SHORT, READ_FAILS, WRITE_IS_DROPPED };

static volatile int64_t *told;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULTS");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *found = mmap(NULL, 16, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (found != MAP_FAILED)
        told = found;
}

static int is_ours(int fd)
{
    char link[32], name[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (length < 0)
        return 0;
    name[length] = 0;
    return strstr(name, ".db") != NULL;
}

static int fault(int fd)
{
    return told && told[0] != NONE && is_ours(fd) ? (int)told[0] : NONE;
}

static int sync_with(const char *name, int fd)
{
    int now = fault(fd);
    if (now == SYNC_FAILS || now == WRITE_IS_DROPPED) {
        errno = EIO;
        return -1;
    }
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return real(fd);
}

int fsync(int fd) { return sync_with("fsync", fd); }
int fdatasync(int fd) { return sync_with("fdatasync", fd); }

static ssize_t write_with(const char *name, int fd, const void *data, size_t size, off64_t at)
{
    ssize_t (*real)(int, const void *, size_t, off64_t) =
        (ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, name);
    switch (fault(fd)) {
    case WRITE_FAILS:
        errno = EIO;
        return -1;
    case WRITE_IS_SHORT: /* as on a disk with little room; the rest of it finds none at all */
        if (size > 1)
            return real(fd, data, size / 2, at);
        errno = ENOSPC;
        return -1;
    case WRITE_IS_DROPPED: /* as of a page that the kernel could not write and forgot */
        return (ssize_t)size;
    }
    return real(fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    return write_with("pwrite", fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    return write_with("pwrite64", fd, data, size, at);
}

static ssize_t read_with(const char *name, int fd, void *data, size_t size, off64_t at)
{
    if (fault(fd) == READ_FAILS) {
        errno = EIO;
        return -1;
    }
    ssize_t (*real)(int, void *, size_t, off64_t) =
        (ssize_t (*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, name);
    return real(fd, data, size, at);
}

ssize_t pread(int fd, void *data, size_t size, off_t at)
{
    return read_with("pread", fd, data, size, at);
}

ssize_t pread64(int fd, void *data, size_t size, off64_t at)
{
    return read_with("pread64", fd, data, size, at);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(clock, now);
    if (!done && clock == CLOCK_REALTIME && told)
        now->tv_sec += told[1];
    return done;
}
