"""Whether the long proofs run (`make prove`) or their short forms (`make test`)."""

import os

IS_DEEP = os.environ.get("PROOF") == "deep"

EXAMPLES = 300 if IS_DEEP else 100
"""On how many random examples a property is tried whose examples take long to make."""
