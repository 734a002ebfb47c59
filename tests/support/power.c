/* What a disk is sure to have after a power cut: only what was fsynced.

Preloaded into a server. Of a file under POWER_ROOT each fsync copies what it holds to POWER_SHADOW/files, by inode; of a
folder it notes which name stands for which inode in POWER_SHADOW/folders. Nothing else ever gets there, as strictly as
POSIX allows a disk to be. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int ours(int fd, char *path, struct stat *about) {
    const char *root = getenv("POWER_ROOT");
    char link[64];
    ssize_t length;
    if (!root || !getenv("POWER_SHADOW") || fstat(fd, about)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return !strncmp(path, root, strlen(root));
}

static void keep_file(int fd, ino_t inode) {
    char path[PATH_MAX], part[PATH_MAX + 8], buffer[1 << 16];
    ssize_t count;
    off_t at = 0;
    int copy;
    snprintf(path, sizeof path, "%s/files/%lu", getenv("POWER_SHADOW"), (unsigned long)inode);
    snprintf(part, sizeof part, "%s.%d", path, gettid());
    copy = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    snprintf(buffer, sizeof buffer, "/proc/self/fd/%d", fd);
    fd = open(buffer, O_RDONLY); /* it may have been opened for writing alone */
    while ((count = pread(fd, buffer, sizeof buffer, at)) > 0) {
        if (write(copy, buffer, count) != count) abort();
        at += count;
    }
    close(fd);
    close(copy);
    rename(part, path);
}

static void keep_folder(const char *path) {
    char name[PATH_MAX], where[PATH_MAX], part[PATH_MAX + 8];
    struct dirent *entry;
    FILE *list;
    DIR *folder = opendir(path);
    char *slash;
    snprintf(name, sizeof name, "%s", path);
    for (slash = name; *slash; slash++)
        if (*slash == '/') *slash = '%';
    snprintf(where, sizeof where, "%s/folders/%s", getenv("POWER_SHADOW"), name);
    snprintf(part, sizeof part, "%s.%d", where, gettid());
    list = fopen(part, "w");
    while ((entry = readdir(folder)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            fprintf(list, "%lu %d %s\n", (unsigned long)entry->d_ino, entry->d_type == DT_DIR, entry->d_name);
    closedir(folder);
    fclose(list);
    rename(part, where);
}

static int keep(int fd, const char *real) {
    char path[PATH_MAX];
    struct stat about;
    int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, real);
    int before = errno;
    if (!ours(fd, path, &about)) return sync(fd);
    if (S_ISDIR(about.st_mode))
        keep_folder(path);
    else
        keep_file(fd, about.st_ino);
    errno = before;
    return 0;
}

int fsync(int fd) { return keep(fd, "fsync"); }
int fdatasync(int fd) { return keep(fd, "fdatasync"); }
