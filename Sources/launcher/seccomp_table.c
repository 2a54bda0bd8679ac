// Which system calls a function may make, in groups, each with its reason. What is named nowhere answers ENOSYS, as a
// kernel that is older than the call would: programs and libraries then use what they used before it.

#include "seccomp_table.h"

#include <sys/syscall.h>

const struct system_call system_calls[] = {
    // Files: reading, writing, moving, locking and describing them; what may be touched is decided by uid and
    // mounts.
    {SYS_read, ALLOWED}, {SYS_write, ALLOWED}, {SYS_close, ALLOWED}, {SYS_fstat, ALLOWED}, {SYS_lseek, ALLOWED},
    {SYS_pread64, ALLOWED}, {SYS_pwrite64, ALLOWED}, {SYS_readv, ALLOWED}, {SYS_writev, ALLOWED},
    {SYS_preadv, ALLOWED}, {SYS_pwritev, ALLOWED},
#ifdef SYS_preadv2
    {SYS_preadv2, ALLOWED},
#endif
#ifdef SYS_pwritev2
    {SYS_pwritev2, ALLOWED},
#endif
    {SYS_openat, ALLOWED},
#ifdef SYS_openat2
    {SYS_openat2, ALLOWED},
#endif
#ifdef SYS_close_range
    {SYS_close_range, ALLOWED},
#endif
    {SYS_dup, ALLOWED}, {SYS_dup3, ALLOWED}, {SYS_fcntl, ALLOWED}, {SYS_flock, ALLOWED}, {SYS_fsync, ALLOWED},
    {SYS_fdatasync, ALLOWED}, {SYS_sync_file_range, ALLOWED}, {SYS_fallocate, ALLOWED}, {SYS_truncate, ALLOWED},
    {SYS_ftruncate, ALLOWED}, {SYS_getdents64, ALLOWED}, {SYS_getcwd, ALLOWED}, {SYS_chdir, ALLOWED},
    {SYS_fchdir, ALLOWED}, {SYS_mkdirat, ALLOWED}, {SYS_unlinkat, ALLOWED}, {SYS_renameat2, ALLOWED},
    {SYS_linkat, ALLOWED}, {SYS_symlinkat, ALLOWED}, {SYS_readlinkat, ALLOWED}, {SYS_fchmod, ALLOWED},
    {SYS_fchmodat, ALLOWED},
#ifdef SYS_fchmodat2
    {SYS_fchmodat2, ALLOWED},
#endif
    {SYS_fchown, ALLOWED}, {SYS_fchownat, ALLOWED}, {SYS_faccessat, ALLOWED},
#ifdef SYS_faccessat2
    {SYS_faccessat2, ALLOWED},
#endif
    {SYS_newfstatat, ALLOWED},
#ifdef SYS_statx
    {SYS_statx, ALLOWED},
#endif
    {SYS_statfs, ALLOWED}, {SYS_fstatfs, ALLOWED}, {SYS_utimensat, ALLOWED}, {SYS_umask, ALLOWED},
    {SYS_sync, ALLOWED}, {SYS_syncfs, ALLOWED}, {SYS_sendfile, ALLOWED}, {SYS_splice, ALLOWED}, {SYS_tee, ALLOWED},
    {SYS_vmsplice, ALLOWED}, {SYS_copy_file_range, ALLOWED}, {SYS_readahead, ALLOWED}, {SYS_fadvise64, ALLOWED},
#ifdef SYS_cachestat
    {SYS_cachestat, ALLOWED},
#endif
    {SYS_setxattr, ALLOWED}, {SYS_lsetxattr, ALLOWED}, {SYS_fsetxattr, ALLOWED}, {SYS_getxattr, ALLOWED},
    {SYS_lgetxattr, ALLOWED}, {SYS_fgetxattr, ALLOWED}, {SYS_listxattr, ALLOWED}, {SYS_llistxattr, ALLOWED},
    {SYS_flistxattr, ALLOWED}, {SYS_removexattr, ALLOWED}, {SYS_lremovexattr, ALLOWED}, {SYS_fremovexattr, ALLOWED},
    {SYS_pipe2, ALLOWED}, {SYS_inotify_init1, ALLOWED}, {SYS_inotify_add_watch, ALLOWED},
    {SYS_inotify_rm_watch, ALLOWED},

    // Named pipes are made with mknod; devices are refused by the kernel, and every mount is nodev.
    {SYS_mknodat, ALLOWED},

    // Memory of the process itself.
    {SYS_mmap, ALLOWED}, {SYS_mprotect, ALLOWED}, {SYS_munmap, ALLOWED}, {SYS_brk, ALLOWED}, {SYS_mremap, ALLOWED},
    {SYS_msync, ALLOWED}, {SYS_mincore, ALLOWED}, {SYS_madvise, ALLOWED}, {SYS_mlock, ALLOWED},
    {SYS_munlock, ALLOWED}, {SYS_mlockall, ALLOWED}, {SYS_munlockall, ALLOWED},
#ifdef SYS_mlock2
    {SYS_mlock2, ALLOWED},
#endif
    {SYS_membarrier, ALLOWED},
#ifdef SYS_pkey_mprotect
    {SYS_pkey_mprotect, ALLOWED},
#endif
#ifdef SYS_pkey_alloc
    {SYS_pkey_alloc, ALLOWED},
#endif
#ifdef SYS_pkey_free
    {SYS_pkey_free, ALLOWED},
#endif
    {SYS_memfd_create, ALLOWED},
#ifdef SYS_remap_file_pages
    {SYS_remap_file_pages, ALLOWED},
#endif
#ifdef SYS_map_shadow_stack
    {SYS_map_shadow_stack, ALLOWED},
#endif
#ifdef SYS_mseal
    {SYS_mseal, ALLOWED},
#endif

    // Processes and threads: starting them (clone is judged by its flags below), waiting, limits, scheduling of
    // one's own.
    {SYS_execve, ALLOWED}, {SYS_execveat, ALLOWED}, {SYS_exit, ALLOWED}, {SYS_exit_group, ALLOWED},
    {SYS_wait4, ALLOWED}, {SYS_waitid, ALLOWED}, {SYS_set_tid_address, ALLOWED}, {SYS_set_robust_list, ALLOWED},
    {SYS_get_robust_list, ALLOWED},
#ifdef SYS_rseq
    {SYS_rseq, ALLOWED},
#endif
    {SYS_sched_yield, ALLOWED}, {SYS_sched_getparam, ALLOWED}, {SYS_sched_setparam, ALLOWED},
    {SYS_sched_getscheduler, ALLOWED}, {SYS_sched_setscheduler, ALLOWED}, {SYS_sched_get_priority_max, ALLOWED},
    {SYS_sched_get_priority_min, ALLOWED}, {SYS_sched_rr_get_interval, ALLOWED}, {SYS_sched_getaffinity, ALLOWED},
    {SYS_sched_setaffinity, ALLOWED}, {SYS_sched_getattr, ALLOWED}, {SYS_sched_setattr, ALLOWED},
    {SYS_getpriority, ALLOWED}, {SYS_setpriority, ALLOWED}, {SYS_ioprio_get, ALLOWED}, {SYS_ioprio_set, ALLOWED},
    {SYS_getrlimit, ALLOWED}, {SYS_setrlimit, ALLOWED}, {SYS_prlimit64, ALLOWED}, {SYS_getrusage, ALLOWED},
    {SYS_times, ALLOWED}, {SYS_getpid, ALLOWED}, {SYS_getppid, ALLOWED}, {SYS_gettid, ALLOWED},
    {SYS_getpgid, ALLOWED}, {SYS_setpgid, ALLOWED}, {SYS_getsid, ALLOWED}, {SYS_setsid, ALLOWED},
    {SYS_getcpu, ALLOWED}, {SYS_prctl, ALLOWED}, {SYS_restart_syscall, ALLOWED}, {SYS_futex, ALLOWED},
#ifdef SYS_futex_waitv
    {SYS_futex_waitv, ALLOWED},
#endif
#ifdef SYS_futex_wake
    {SYS_futex_wake, ALLOWED},
#endif
#ifdef SYS_futex_wait
    {SYS_futex_wait, ALLOWED},
#endif
#ifdef SYS_futex_requeue
    {SYS_futex_requeue, ALLOWED},
#endif
#ifdef SYS_pidfd_open
    {SYS_pidfd_open, ALLOWED},
#endif
#ifdef SYS_pidfd_send_signal
    {SYS_pidfd_send_signal, ALLOWED},
#endif

    // Who one is. Without capabilities these change nothing that matters; programs that drop privileges call them.
    {SYS_getuid, ALLOWED}, {SYS_geteuid, ALLOWED}, {SYS_getgid, ALLOWED}, {SYS_getegid, ALLOWED},
    {SYS_getresuid, ALLOWED}, {SYS_getresgid, ALLOWED}, {SYS_getgroups, ALLOWED}, {SYS_setuid, ALLOWED},
    {SYS_setgid, ALLOWED}, {SYS_setreuid, ALLOWED}, {SYS_setregid, ALLOWED}, {SYS_setresuid, ALLOWED},
    {SYS_setresgid, ALLOWED}, {SYS_setfsuid, ALLOWED}, {SYS_setfsgid, ALLOWED}, {SYS_setgroups, ALLOWED},
    {SYS_capget, ALLOWED}, {SYS_capset, ALLOWED},

    // Signals: to processes of one's own pid namespace only.
    {SYS_kill, ALLOWED}, {SYS_tkill, ALLOWED}, {SYS_tgkill, ALLOWED}, {SYS_rt_sigaction, ALLOWED},
    {SYS_rt_sigprocmask, ALLOWED}, {SYS_rt_sigreturn, ALLOWED}, {SYS_rt_sigpending, ALLOWED},
    {SYS_rt_sigtimedwait, ALLOWED}, {SYS_rt_sigqueueinfo, ALLOWED}, {SYS_rt_tgsigqueueinfo, ALLOWED},
    {SYS_rt_sigsuspend, ALLOWED}, {SYS_sigaltstack, ALLOWED}, {SYS_signalfd4, ALLOWED},

    // Time and timers; setting the clock is refused below.
    {SYS_nanosleep, ALLOWED}, {SYS_clock_gettime, ALLOWED}, {SYS_clock_getres, ALLOWED},
    {SYS_clock_nanosleep, ALLOWED}, {SYS_gettimeofday, ALLOWED}, {SYS_getitimer, ALLOWED}, {SYS_setitimer, ALLOWED},
    {SYS_timer_create, ALLOWED}, {SYS_timer_settime, ALLOWED}, {SYS_timer_gettime, ALLOWED},
    {SYS_timer_getoverrun, ALLOWED}, {SYS_timer_delete, ALLOWED}, {SYS_timerfd_create, ALLOWED},
    {SYS_timerfd_settime, ALLOWED}, {SYS_timerfd_gettime, ALLOWED},

    // Waiting for events, and the old kernel AIO that databases use.
    {SYS_pselect6, ALLOWED}, {SYS_ppoll, ALLOWED}, {SYS_epoll_create1, ALLOWED}, {SYS_epoll_ctl, ALLOWED},
    {SYS_epoll_pwait, ALLOWED},
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2, ALLOWED},
#endif
    {SYS_eventfd2, ALLOWED}, {SYS_io_setup, ALLOWED}, {SYS_io_destroy, ALLOWED}, {SYS_io_submit, ALLOWED},
    {SYS_io_cancel, ALLOWED}, {SYS_io_getevents, ALLOWED},
#ifdef SYS_io_pgetevents
    {SYS_io_pgetevents, ALLOWED},
#endif

    // Networking on sockets of the allowed families (socket and socketpair are judged by their arguments below).
    {SYS_bind, ALLOWED}, {SYS_listen, ALLOWED}, {SYS_accept, ALLOWED}, {SYS_accept4, ALLOWED}, {SYS_connect, ALLOWED},
    {SYS_getsockname, ALLOWED}, {SYS_getpeername, ALLOWED}, {SYS_sendto, ALLOWED}, {SYS_recvfrom, ALLOWED},
    {SYS_sendmsg, ALLOWED}, {SYS_recvmsg, ALLOWED}, {SYS_sendmmsg, ALLOWED}, {SYS_recvmmsg, ALLOWED},
    {SYS_shutdown, ALLOWED}, {SYS_setsockopt, ALLOWED}, {SYS_getsockopt, ALLOWED},

    // System V and POSIX IPC: the namespace is the sandbox's own.
    {SYS_shmget, ALLOWED}, {SYS_shmat, ALLOWED}, {SYS_shmctl, ALLOWED}, {SYS_shmdt, ALLOWED}, {SYS_semget, ALLOWED},
    {SYS_semop, ALLOWED}, {SYS_semctl, ALLOWED}, {SYS_semtimedop, ALLOWED}, {SYS_msgget, ALLOWED},
    {SYS_msgsnd, ALLOWED}, {SYS_msgrcv, ALLOWED}, {SYS_msgctl, ALLOWED}, {SYS_mq_open, ALLOWED},
    {SYS_mq_unlink, ALLOWED}, {SYS_mq_timedsend, ALLOWED}, {SYS_mq_timedreceive, ALLOWED}, {SYS_mq_notify, ALLOWED},
    {SYS_mq_getsetattr, ALLOWED},

    // About the machine.
    {SYS_uname, ALLOWED}, {SYS_sysinfo, ALLOWED}, {SYS_getrandom, ALLOWED},

    // A program may restrict itself further (browsers do).
    {SYS_seccomp, ALLOWED},
#ifdef SYS_landlock_create_ruleset
    {SYS_landlock_create_ruleset, ALLOWED},
#endif
#ifdef SYS_landlock_add_rule
    {SYS_landlock_add_rule, ALLOWED},
#endif
#ifdef SYS_landlock_restrict_self
    {SYS_landlock_restrict_self, ALLOWED},
#endif

    // Judged in seccomp.c.
    {SYS_clone, BY_ARGUMENT}, {SYS_socket, BY_ARGUMENT}, {SYS_socketpair, BY_ARGUMENT}, {SYS_ioctl, BY_ARGUMENT},
    {SYS_personality, BY_ARGUMENT},

    // clone3 hides its flags in memory where a filter cannot look: libc falls back to clone, which is judged.
#ifdef SYS_clone3
    {SYS_clone3, ABSENT},
#endif

    // Memory that even the kernel cannot see would escape the accounting of Max Memory Used.
#ifdef SYS_memfd_secret
    {SYS_memfd_secret, ABSENT},
#endif

    // New namespaces, mounts and roots: a user namespace would give capabilities inside it, and with them kernel
    // surface.
    {SYS_unshare, REFUSED}, {SYS_setns, REFUSED}, {SYS_mount, REFUSED}, {SYS_umount2, REFUSED},
    {SYS_pivot_root, REFUSED}, {SYS_chroot, REFUSED}, {SYS_open_tree, REFUSED}, {SYS_move_mount, REFUSED},
    {SYS_fsopen, REFUSED}, {SYS_fsconfig, REFUSED}, {SYS_fsmount, REFUSED}, {SYS_fspick, REFUSED},
#ifdef SYS_mount_setattr
    {SYS_mount_setattr, REFUSED},
#endif
#ifdef SYS_open_tree_attr
    {SYS_open_tree_attr, REFUSED},
#endif
#ifdef SYS_statmount
    {SYS_statmount, REFUSED},
#endif
#ifdef SYS_listmount
    {SYS_listmount, REFUSED},
#endif

    // Looking into or steering other processes: not even one's own, so that a bug in the reaper cannot be used.
    {SYS_ptrace, REFUSED}, {SYS_process_vm_readv, REFUSED}, {SYS_process_vm_writev, REFUSED}, {SYS_kcmp, REFUSED},
#ifdef SYS_pidfd_getfd
    {SYS_pidfd_getfd, REFUSED},
#endif
#ifdef SYS_process_madvise
    {SYS_process_madvise, REFUSED},
#endif
#ifdef SYS_process_mrelease
    {SYS_process_mrelease, REFUSED},
#endif
    {SYS_move_pages, REFUSED}, {SYS_migrate_pages, REFUSED},

    // Kernel surface with a history of holes, and of no use to a function.
    {SYS_bpf, REFUSED}, {SYS_perf_event_open, REFUSED}, {SYS_userfaultfd, REFUSED},
#ifdef SYS_io_uring_setup
    {SYS_io_uring_setup, REFUSED},
#endif
#ifdef SYS_io_uring_enter
    {SYS_io_uring_enter, REFUSED},
#endif
#ifdef SYS_io_uring_register
    {SYS_io_uring_register, REFUSED},
#endif
    {SYS_keyctl, REFUSED}, {SYS_add_key, REFUSED}, {SYS_request_key, REFUSED}, {SYS_fanotify_init, REFUSED},
    {SYS_fanotify_mark, REFUSED},
#ifdef SYS_lookup_dcookie
    {SYS_lookup_dcookie, REFUSED},
#endif
    {SYS_vhangup, REFUSED},

    // File handles walk around the mounts (and around the roots) of a sandbox.
    {SYS_name_to_handle_at, REFUSED}, {SYS_open_by_handle_at, REFUSED},

    // The machine itself: clock, host name, swap, modules, reboot, logs, accounting, quotas, NUMA policy.
    {SYS_settimeofday, REFUSED}, {SYS_clock_settime, REFUSED}, {SYS_adjtimex, REFUSED}, {SYS_clock_adjtime, REFUSED},
    {SYS_sethostname, REFUSED}, {SYS_setdomainname, REFUSED}, {SYS_swapon, REFUSED}, {SYS_swapoff, REFUSED},
    {SYS_init_module, REFUSED}, {SYS_finit_module, REFUSED}, {SYS_delete_module, REFUSED}, {SYS_kexec_load, REFUSED},
#ifdef SYS_kexec_file_load
    {SYS_kexec_file_load, REFUSED},
#endif
    {SYS_reboot, REFUSED}, {SYS_syslog, REFUSED}, {SYS_acct, REFUSED}, {SYS_quotactl, REFUSED},
#ifdef SYS_quotactl_fd
    {SYS_quotactl_fd, REFUSED},
#endif
    {SYS_mbind, REFUSED}, {SYS_set_mempolicy, REFUSED}, {SYS_get_mempolicy, REFUSED},
#ifdef SYS_set_mempolicy_home_node
    {SYS_set_mempolicy_home_node, REFUSED},
#endif
#ifdef SYS_nfsservctl
    {SYS_nfsservctl, REFUSED},
#endif

#if defined(__x86_64__)
    // Older forms of the calls above, which libc and runtimes still use on this machine.
    {SYS_open, ALLOWED}, {SYS_stat, ALLOWED}, {SYS_lstat, ALLOWED}, {SYS_poll, ALLOWED}, {SYS_access, ALLOWED},
    {SYS_pipe, ALLOWED}, {SYS_select, ALLOWED}, {SYS_dup2, ALLOWED}, {SYS_pause, ALLOWED}, {SYS_alarm, ALLOWED},
#ifdef SYS_sendfile64
    {SYS_sendfile64, ALLOWED},
#endif
    {SYS_fork, ALLOWED}, {SYS_vfork, ALLOWED}, {SYS_creat, ALLOWED}, {SYS_getdents, ALLOWED}, {SYS_rename, ALLOWED},
    {SYS_mkdir, ALLOWED}, {SYS_rmdir, ALLOWED}, {SYS_link, ALLOWED}, {SYS_unlink, ALLOWED}, {SYS_symlink, ALLOWED},
    {SYS_readlink, ALLOWED}, {SYS_chmod, ALLOWED}, {SYS_chown, ALLOWED}, {SYS_lchown, ALLOWED},
    {SYS_getpgrp, ALLOWED}, {SYS_utime, ALLOWED}, {SYS_utimes, ALLOWED}, {SYS_futimesat, ALLOWED},
    {SYS_mknod, ALLOWED}, {SYS_time, ALLOWED}, {SYS_epoll_create, ALLOWED}, {SYS_epoll_wait, ALLOWED},
    {SYS_inotify_init, ALLOWED}, {SYS_signalfd, ALLOWED}, {SYS_eventfd, ALLOWED}, {SYS_arch_prctl, ALLOWED},
    {SYS_renameat, ALLOWED},

    // Ports, segments and relics.
    {SYS_iopl, REFUSED}, {SYS_ioperm, REFUSED}, {SYS_modify_ldt, REFUSED}, {SYS_uselib, REFUSED},
    {SYS_ustat, REFUSED}, {SYS_sysfs, REFUSED}, {SYS__sysctl, REFUSED},
#ifdef SYS_set_thread_area
    {SYS_set_thread_area, REFUSED},
#endif
#ifdef SYS_get_thread_area
    {SYS_get_thread_area, REFUSED},
#endif
#else
    // Left over on machines without the older forms.
    {SYS_renameat, ALLOWED},
#endif
};

const size_t system_call_count = sizeof system_calls / sizeof *system_calls;
