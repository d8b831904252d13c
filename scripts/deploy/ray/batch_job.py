"""``briefing batch`` as a job: python -m batch_job IN OUT [options of briefing batch].

OUT is a folder. The command ends with 1 where some rows have an error for a result; to Kubernetes
that is a failed job, which it tries again on a new cluster, to no other end. Here a job whose
output is whole is done; any other exit code is the command's.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from briefing.scale.files import Place

COMMAND = str(Path(sys.executable).with_name("briefing"))
SOME_FAILED = 1


def main(arguments: Sequence[str]) -> int:
    """Run the batch; the exit code."""
    if len(arguments) < 2:
        print("usage: python -m batch_job IN OUT [options of briefing batch]", file=sys.stderr)
        return 2
    source, output, *options = arguments
    code = subprocess.call([COMMAND, "batch", source, "-o", output, *options])
    whole = code == SOME_FAILED and Place.of(output).child("_SUCCESS").exists()
    return 0 if whole else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
