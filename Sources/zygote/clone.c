#include "clone.h"

#include <sys/syscall.h>

#if defined(__x86_64__)
__attribute__((noinline)) long clone_and_call(struct clone_args *arguments, size_t size, void (*body)(void *),
                                              void *argument) {
    long result;
    register void (*call)(void *) __asm__("r12") = body;
    register void *with __asm__("r13") = argument;
    __asm__ volatile("mov %%rsp, %%r14\n\t"
                     "syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "sub $256, %%rsp\n\t"
                     "and $-16, %%rsp\n\t"
                     "mov %%r13, %%rdi\n\t"
                     "call *%%r12\n\t"
                     "mov %%r14, %%rsp\n\t"
                     "xor %%eax, %%eax\n"
                     "1:"
                     : "=a"(result), "+r"(call), "+r"(with), "+D"(arguments), "+S"(size)
                     : "0"((long)SYS_clone3)
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "r14", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
                       "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory",
                       "cc");
    return result;
}
#elif defined(__aarch64__)
__attribute__((noinline)) long clone_and_call(struct clone_args *arguments, size_t size, void (*body)(void *),
                                              void *argument) {
    register long result __asm__("x0") = (long)arguments;
    register size_t length __asm__("x1") = size;
    register long number __asm__("x8") = SYS_clone3;
    register void (*call)(void *) __asm__("x19") = body;
    register void *with __asm__("x20") = argument;
    __asm__ volatile("mov x21, sp\n\t"
                     "svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "sub sp, sp, #256\n\t"
                     "mov x0, x20\n\t"
                     "blr x19\n\t"
                     "mov sp, x21\n\t"
                     "mov x0, #0\n"
                     "1:"
                     : "+r"(result), "+r"(length), "+r"(number), "+r"(call), "+r"(with)
                     :
                     : "x2", "x3", "x4", "x5", "x6", "x7", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
                       "x21", "x30", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20",
                       "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31", "memory", "cc");
    return result;
}
#else
#error "how to call on the same stack on this machine?"
#endif
