#!/usr/bin/env python3
"""The generated project for arm64: its libraries fetched, cross-compiled without warnings, every
trigger tried under qemu-user, and packed with nothing of this machine's architecture in it."""
import glob
import os
import struct
import sys
import tempfile
import zipfile

sys.path.insert(0, os.path.dirname(__file__))
import functions as f
import triggers

AARCH64 = 183


def machine_of(path):
    """The e_machine of an ELF file, or None."""
    with open(path, "rb") as file:
        head = file.read(20)
    return struct.unpack_from("<H", head, 18)[0] if head[:4] == b"\x7fELF" else None


def build(folder, sysroot, *settings):
    f.run("cmake", "-G", "Ninja", "-S", "out", "-B", folder,
          "-DCMAKE_TOOLCHAIN_FILE=cmake/arm64.cmake", f"-DCLEAVE_ARM64_SYSROOT={sysroot}", *settings)


def check_package(folder, name):
    """Every program and library of a package is for arm64."""
    elves = {path: machine_of(path) for path in glob.glob(f"{folder}/package/{name}/**", recursive=True)
             if os.path.isfile(path) and machine_of(path)}
    wrong = [path for path, machine in elves.items() if machine != AARCH64]
    if not elves or wrong:
        sys.exit(f"{name}: not for arm64: {wrong or 'nothing was packed'}")
    with open(f"{folder}/package/{name}/Dockerfile", encoding="utf-8") as file:
        if "linux/arm64" not in file.read():
            sys.exit(f"{name}: its image is for another platform")
    if os.path.exists(f"{folder}/package/{name}-azure.zip"):
        sys.exit("a package for Azure, which has no arm64")
    with zipfile.ZipFile(f"{folder}/package/{name}.zip") as file:
        if "bootstrap" not in file.namelist():
            sys.exit(f"{name}.zip has no bootstrap")
    return sorted(os.path.basename(path) for path in elves)


def main():
    f.need("cmake", "ninja", "ctest", "apt-get", "dpkg-deb", "aarch64-linux-gnu-gcc")
    f.need("qemu-aarch64-static")
    cleave = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        triggers.generate(cleave, ["aws", "gcp", "azure", "knative", "openwhisk", "fission",
                                   "openfaas"])
        sysroot = f"{work}/sysroot"
        done = f.run("out/cmake/arm64-sysroot", sysroot, codes=range(256))
        if done.returncode != 0:
            f.skip(f"Debian's arm64 packages cannot be had: {done.stderr[-500:]}")
        build("out/build", sysroot)
        built = f.run("cmake", "--build", "out/build", "-j", "2").stdout
        if "warning:" in built:
            sys.exit(f"warnings:\n{built[-3000:]}")
        said = f.run("ctest", "--test-dir", "out/build", "-V", "-R", "/(aws|gcp|openwhisk|fission|openfaas)$").stdout
        n = said.count("the sample was answered")
        if n < 25:
            sys.exit(f"only {n} samples were answered:\n{said[-3000:]}")
        name = os.path.basename(os.path.dirname(glob.glob("out/build/functions/*price*/bootstrap")[0]))
        f.run("cmake", "--build", "out/build", "--target", f"package_{name}")
        alone = check_package("out/build", name)
        build("out/shared", sysroot, "-DCLEAVE_LINK=dynamic")
        f.run("cmake", "--build", "out/shared", "-j", "2", "--target", f"package_{name}")
        packed = check_package("out/shared", name)
        if alone != ["bootstrap"] or not {"function", "ld.so", "libc.so.6"} <= set(packed):
            sys.exit(f"packed: {alone} and {packed}")
    print(f"arm64: {n} samples answered under qemu; packed statically, and with {packed}")


main()
