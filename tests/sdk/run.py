"""Runs every test of this folder against the server in SANDBOX_SERVER.

Fails where a test fails, where a test file holds no test, and where an action of SANDBOX_ACTIONS was
not driven through an SDK.
"""

import importlib
import os
import pathlib
import sys
import time
import traceback

import cloud


# No call of these can succeed: the sandbox has no logins, devices and identity providers.
NEVER = {
    ("ram", "GetLoginProfile"),
    ("ram", "DeleteLoginProfile"),
    ("ram", "UnbindMFADevice"),
    ("sts", "AssumeRoleWithOIDC"),
}
# No call of this can fail once its signature is right.
ALWAYS = {("sts", "GetCallerIdentity")}


def main():
    failures = 0
    tests = 0
    for path in sorted(pathlib.Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        names = [name for name in vars(module) if name.startswith("test_")]
        if not names:
            print(f"FAIL {path.stem}: no test in it")
            failures += 1
        for name in names:
            tests += 1
            begin = time.monotonic()
            try:
                getattr(module, name)()
            except Exception:
                failures += 1
                print(f"FAIL {path.stem}.{name}")
                traceback.print_exc(file=sys.stdout)
            else:
                print(f"ok   {path.stem}.{name} ({time.monotonic() - begin:.2f} s)")

    served = {tuple(entry.split(":")) for entry in os.environ["SANDBOX_ACTIONS"].split(",")}
    for what, driven, excused in [
        ("a success", cloud.SUCCEEDED, NEVER),
        ("a refusal", cloud.FAILED, ALWAYS),
    ]:
        for service, action in sorted(served - driven - excused):
            print(f"FAIL {service}:{action} is served, but no test drove it to {what}")
            failures += 1
        for service, action in sorted(driven & excused):
            print(f"FAIL {service}:{action} came to {what}, which it never does")
            failures += 1
        for service, action in sorted(driven - served):
            print(f"FAIL {service}:{action} was driven to {what}, but is not in the table")
            failures += 1
    print(f"{tests} tests, {len(served)} actions, {failures} failures")
    return 1 if failures or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
