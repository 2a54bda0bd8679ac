// SandboxLinux
