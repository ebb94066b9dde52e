"""What every live test file starts and ends with."""
import os
import sys
import unittest

SKIPPED = 77  # ctest: SKIP_RETURN_CODE


def require_root() -> None:
    if os.geteuid() != 0:
        raise unittest.SkipTest("a private Postfix needs root: master(8) gives rights up, it cannot gain them")


def main() -> None:
    """unittest.main(), with the exit status that ctest reads as `skipped` when nothing ran."""
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful() or not result.testsRun and not result.skipped:
        sys.exit(1)
    if result.skipped and len(result.skipped) >= max(result.testsRun, 1):
        print("SKIPPED:", result.skipped[0][1])
        sys.exit(SKIPPED)
