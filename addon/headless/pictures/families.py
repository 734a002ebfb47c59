"""All motifs there are: importing a family enters its motifs."""

from __future__ import annotations

import buildings  # noqa: F401
import creatures  # noqa: F401
import heads  # noqa: F401
import machines  # noqa: F401
import ornaments  # noqa: F401
import plants  # noqa: F401
import sea  # noqa: F401
from motif import MOTIFS

__all__ = ["MOTIFS"]
