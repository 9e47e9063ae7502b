"""What the checks in Python share: who asks whom, and a line per check for the runner."""

import contextlib
import os
import traceback

URL = os.environ["READOUT_URL"]
LIMITED_URL = os.environ["READOUT_LIMITED_URL"]
KEY = os.environ["READOUT_KEY"]
WRONG_KEY = KEY + "x"
ORGANIZATION = os.environ["READOUT_ORGANIZATION"]
PROJECT = os.environ["READOUT_PROJECT"]

# Visitors whose assignment follows from the hash: one in every treatment, one in every control.
TREATED = "u-6"
CONTROL = "u-3"


@contextlib.contextmanager
def check(name):
    """Reports whether the block got through."""
    try:
        yield
    except Exception:
        detail = traceback.format_exc().strip().replace("\n", " | ").replace("\t", " ")
        print(f"failed\t{name}\t{detail}", flush=True)
    else:
        print(f"passed\t{name}", flush=True)


def equal(got, want):
    """Fails unless both are equal and of the same type: True is not 1."""
    if type(got) is not type(want) or got != want:
        raise AssertionError(f"got {got!r}, want {want!r}")
