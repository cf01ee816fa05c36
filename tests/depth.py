"""Whether the long proofs run (`make prove`) or their short forms (`make test`)."""

import os

IS_DEEP = os.environ.get("PROOF") == "deep"
