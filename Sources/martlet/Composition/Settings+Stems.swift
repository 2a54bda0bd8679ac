import DataPlane
import Glibc

extension Settings {
    /// What bounds the stems; nil: none are kept.
    var stemLimits: StemLimits? {
        if stems == 0 { return nil }
        let machine = Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE)))
        let memory = MachineMemory.headroom()?.total ?? machine
        // A twentieth of what there is, unless somebody says how many; then a quarter.
        return StemLimits(count: stems ?? Self.mostStems, memory: memory / (stems == nil ? 20 : 4))
    }

    private static let mostStems = 256
}
