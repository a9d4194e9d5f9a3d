/* Has the n-th call of a kind that changes files fail, in this process and all that it begins.
 *
 * FAULTS names a file of `struct faults` that all of them share. Calls on what is no ordinary file
 * (pipes, terminals, /dev, /proc) do not count. Loaded by LD_PRELOAD; see faults.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { OPEN, WRITE, FSYNC, RENAME };
struct faults { int kind, at, error, lasting, count; };
static struct faults *faults;

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("FAULTS");
  int file = name ? open(name, O_RDWR) : -1;
  if (file < 0) return;
  void *shared = mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (shared != MAP_FAILED) faults = shared;
}

static int fails(enum kind kind) {
  if (!faults || faults->at == 0 || faults->kind != (int)kind) return 0;
  int count = __sync_add_and_fetch(&faults->count, 1);
  if (count != faults->at && !(faults->lasting && count > faults->at)) return 0;
  errno = faults->error;
  return 1;
}

static int is_file(int file) {
  struct stat about;
  return fstat(file, &about) == 0 && S_ISREG(about.st_mode);
}

static int makes(const char *path, int flags) {
  return (flags & (O_WRONLY | O_RDWR | O_CREAT)) && strncmp(path, "/dev/", 5) && strncmp(path, "/proc/", 6);
}

#define REAL(type, name) static type (*real)(); if (!real) real = (type (*)())dlsym(RTLD_NEXT, #name)
#define MODE int mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, int); va_end(rest); }
#define OPENS(name) int name(const char *path, int flags, ...) { REAL(int, name); MODE \
  return makes(path, flags) && fails(OPEN) ? -1 : real(path, flags, mode); }
#define OPENS_AT(name) int name(int folder, const char *path, int flags, ...) { REAL(int, name); MODE \
  return makes(path, flags) && fails(OPEN) ? -1 : real(folder, path, flags, mode); }
OPENS(open) OPENS(open64) OPENS_AT(openat) OPENS_AT(openat64)
#define STREAMS(name) FILE *name(const char *path, const char *mode) { REAL(FILE *, name); \
  return makes(path, mode[0] == 'r' && !strchr(mode, '+') ? 0 : O_WRONLY) && fails(OPEN) ? NULL : real(path, mode); }
STREAMS(fopen) STREAMS(fopen64)
int mkdir(const char *path, mode_t mode) { REAL(int, mkdir); return fails(OPEN) ? -1 : real(path, mode); }

ssize_t write(int file, const void *data, size_t size) {
  REAL(ssize_t, write); return is_file(file) && fails(WRITE) ? -1 : real(file, data, size); }
ssize_t writev(int file, const struct iovec *data, int count) {
  REAL(ssize_t, writev); return is_file(file) && fails(WRITE) ? -1 : real(file, data, count); }
#define PWRITES(name, offset_t) ssize_t name(int file, const void *data, size_t size, offset_t at) { REAL(ssize_t, name); \
  return is_file(file) && fails(WRITE) ? -1 : real(file, data, size, at); }
PWRITES(pwrite, off_t) PWRITES(pwrite64, off64_t)
size_t fwrite(const void *data, size_t size, size_t count, FILE *file) {
  REAL(size_t, fwrite); return is_file(fileno(file)) && fails(WRITE) ? 0 : real(data, size, count, file); }

int fsync(int file) { REAL(int, fsync); return fails(FSYNC) ? -1 : real(file); }
int fdatasync(int file) { REAL(int, fdatasync); return fails(FSYNC) ? -1 : real(file); }

int rename(const char *old, const char *new) { REAL(int, rename); return fails(RENAME) ? -1 : real(old, new); }
int renameat(int a, const char *old, int b, const char *new) {
  REAL(int, renameat); return fails(RENAME) ? -1 : real(a, old, b, new); }
int link(const char *old, const char *new) { REAL(int, link); return fails(RENAME) ? -1 : real(old, new); }
