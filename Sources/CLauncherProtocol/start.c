// Starting the launcher from Swift.
#define _GNU_SOURCE
#include "CLauncherProtocol.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

int ml_threads(void) {
    DIR *folder = opendir("/proc/self/task");
    if (!folder) return -1;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.') count++;
    closedir(folder);
    return count;
}

int ml_open_folder(const char *path) { return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC); }

int ml_start(const char *path, char *const arguments[], int socket, int data, pid_t *pid) {
    // Out of the way of the numbers that they get, so that no dup2 closes the other.
    int high_socket = fcntl(socket, F_DUPFD_CLOEXEC, 10);
    if (high_socket < 0) return errno;
    int high_data = fcntl(data, F_DUPFD_CLOEXEC, 10);
    if (high_data < 0) {
        int error = errno;
        close(high_socket);
        return error;
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error == 0) {
        error = posix_spawnattr_init(&attributes);
        if (error == 0) {
            sigset_t all, none;
            sigfillset(&all);
            sigemptyset(&none);
            // Its own process group: the terminal's Ctrl-C is Martlet's to handle.
            short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP;
            error = posix_spawnattr_setflags(&attributes, flags);
            if (error == 0) error = posix_spawnattr_setsigdefault(&attributes, &all);
            if (error == 0) error = posix_spawnattr_setsigmask(&attributes, &none);
            if (error == 0) error = posix_spawnattr_setpgroup(&attributes, 0);
            if (error == 0) error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
            if (error == 0) error = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
            if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, high_socket, ML_SOCKET_DESCRIPTOR);
            if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, high_data, ML_DATA_DESCRIPTOR);
            char *environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
            if (error == 0) error = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
            posix_spawnattr_destroy(&attributes);
        }
        posix_spawn_file_actions_destroy(&actions);
    }
    close(high_socket);
    close(high_data);
    return error;
}
