"""Errors that the runtime itself finds, with the names that AWS gives them."""


class Fault(Exception):
    """An error whose type, message and trace go into the error document as they are."""

    def __init__(self, kind, message, trace=None):
        super().__init__(message)
        self.kind = "Runtime." + kind
        self.message = message
        self.trace = trace
