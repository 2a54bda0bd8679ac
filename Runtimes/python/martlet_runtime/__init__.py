"""The parts of the Python bootstrap."""
