"""Live tables: whoever has a page open sees a chair fill.

``announce`` is a hint, the database is the truth: a process that misses a hint sees the change at its next look, 2 s later
(design section 6).
"""

from .hub import announce, drop_cached

__all__ = ["announce", "drop_cached"]
