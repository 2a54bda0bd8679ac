// STS
