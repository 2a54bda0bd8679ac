"""Reasons that several scenarios share."""

OLD_SHAPE = "Recorded before functions had all the members that they have now, such as LoggingConfig."
NO_RUNTIME = "Martlet does not run Java, .NET and Ruby yet, and refuses functions that need them."
NO_S3 = "S3 is not here yet."
