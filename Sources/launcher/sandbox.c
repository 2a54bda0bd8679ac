// Max Memory Used. AWS means what a function's processes hold: anonymous and shared memory, not the page cache. The
// kernel keeps the peak of everything charged to a group (page cache too), and of the resident set of one process
// (mapped files too); neither alone is right. So, at each look: what the group holds of anonymous and shared memory
// now; and the main process's peak resident set without its mapped files, with what the other processes hold now. The
// larger counts, never more than the group was ever charged. (A zygote's child begins with pages that are charged to nobody:
// they are its own all the same, as they would be had it loaded them itself.)

#include "system.h"
#include "sandbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

pid_t sandbox_pid(int pidfd) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    if (read_at(AT_FDCWD, path, text, sizeof text) < 0) return -1;
    return (pid_t)number_after(text, "Pid:");
}

int sandbox_open_status(int program) {
    char path[64];
    pid_t pid = sandbox_pid(program);
    if (pid <= 0) return -1;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static void raise_peak(struct sandbox *sandbox, int64_t bytes) {
    if (bytes > sandbox->peak) sandbox->peak = bytes;
}

void sandbox_measure(struct sandbox *sandbox, int64_t *current) {
    int64_t used, charged;
    cgroup_memory(&sandbox->group, &used, &charged);
    char text[4096];
    ssize_t size = sandbox->status < 0 ? -1 : pread(sandbox->status, text, sizeof text - 1, 0);
    if (size > 0) {
        text[size] = 0;
        long long peak = number_after(text, "VmHWM:"), files = number_after(text, "RssFile:");
        long long anonymous = number_after(text, "RssAnon:"), shared = number_after(text, "RssShmem:");
        if (peak >= 0 && files >= 0 && anonymous >= 0 && shared >= 0) {
            int64_t own = (anonymous + shared) * 1024;
            if (used < 0) used = own;
            int64_t others = used > own ? used - own : 0;
            int64_t highest = (peak - files) * 1024 + others;
            if (charged >= 0 && highest > charged + sandbox->inherited) highest = charged + sandbox->inherited;
            sandbox->file_pages = files * 1024;
            raise_peak(sandbox, highest);
        }
    }
    raise_peak(sandbox, used);
    if (current) *current = used;
}

void sandbox_note_resident_peak(struct sandbox *sandbox, int64_t resident) {
    // Never looked at while it ran: its mapped files are unknown, and so is its share.
    if (sandbox->file_pages < 0) {
        int64_t used, charged;
        cgroup_memory(&sandbox->group, &used, &charged);
        charged += charged < 0 ? 0 : sandbox->inherited;
        raise_peak(sandbox, charged >= 0 && charged < resident ? charged : resident);
        return;
    }
    int64_t peak = resident - sandbox->file_pages;
    if (peak > sandbox->memory) peak = sandbox->memory;
    raise_peak(sandbox, peak);
}
