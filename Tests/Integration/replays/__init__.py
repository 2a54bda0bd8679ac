"""Replays of answers that real AWS gave: the requests are sent anew, and the answers compared field by field.

The recordings are not part of this repository: `MARTLET_RECORDINGS` names their folder (see `recordings.py`).
"""
