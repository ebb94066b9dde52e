"""What every live test file starts and ends with."""
import os
import subprocess
import sys
import unittest

SKIPPED = 77  # ctest: SKIP_RETURN_CODE


def require_root() -> None:
    if os.geteuid() != 0:
        raise unittest.SkipTest("a private Postfix needs root: master(8) gives rights up, it cannot gain them")


def main(side_by_side: bool = False) -> None:
    """unittest.main(), with the exit status that ctest reads as `skipped` when nothing ran.

    `side_by_side`: each class in a process of its own, for those that wait most of the time.
    """
    if side_by_side and len(sys.argv) == 1:
        sys.exit(_each_class(sys.modules["__main__"]))
    program = unittest.main(exit=False, verbosity=2)
    result = program.result
    if not result.wasSuccessful() or not result.testsRun and not result.skipped:
        sys.exit(1)
    if result.skipped and len(result.skipped) >= max(result.testsRun, 1):
        print("SKIPPED:", result.skipped[0][1])
        sys.exit(SKIPPED)


def _each_class(module) -> int:
    names = [name for name, case in vars(module).items() if isinstance(case, type) and issubclass(case, unittest.TestCase)]
    runs = [subprocess.Popen([sys.executable, module.__file__, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for name in names]
    for run in runs:
        sys.stdout.buffer.write(run.communicate()[0])
        sys.stdout.flush()
    codes = {run.returncode for run in runs}
    failed = codes - {0, SKIPPED}
    return 1 if failed else min(codes)
