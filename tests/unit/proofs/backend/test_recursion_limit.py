"""py_ecc changes a limit of the whole interpreter when it is imported; the backend puts it back."""

import json
import subprocess
import sys

SCRIPT = """
import sys
before = sys.getrecursionlimit()
from proofs.backend import get_backend
get_backend("py_ecc").pairing_product_is_one(b"", b"")
assert sys.getrecursionlimit() == before, sys.getrecursionlimit()
import json
try:
    json.loads("[" * 100_000)
except RecursionError:
    print(json.dumps("refused"))
"""


def test_deeply_nested_json_is_refused_and_does_not_crash_the_process_after_py_ecc_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == "refused"
