import Execution

extension ExecutionEnvironment {
    /// Tells that initialisation has succeeded. On demand, the first invocation's REPORT says how long it took; here nothing else would.
    func reportInit() {
        let event = PlatformEvent.initReport(
            duration: initDuration, phase: "init", status: "success", errorType: nil, type: function.initializationType)
        switch function.initializationType {
        case .onDemand: log.telemetry?.add(.platform(event))
        case .provisioned: log.platform(event)
        }
    }
}
