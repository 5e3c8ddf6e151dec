# For arm64 (AWS Graviton, Knative on Arm; Cloud Run and Azure Functions run x86-64 only):
#
#   apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static
#   cmake/arm64-sysroot /path/of/sysroot [libpq-dev ...]
#   cmake -G Ninja -S . -B build -DCMAKE_TOOLCHAIN_FILE=cmake/arm64.cmake \
#     -DCLEAVE_ARM64_SYSROOT=/path/of/sysroot -DCLEAVE_SOURCE_ROOT=...
#
# Without a sysroot the libraries come from the system (dpkg --add-architecture arm64). With
# qemu-user ctest runs the functions through it.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CLEAVE_ARM64_SYSROOT "" CACHE PATH "Folder that cmake/arm64-sysroot filled")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CLEAVE_ARM64_SYSROOT)
set(ENV{PKG_CONFIG_PATH} "")
if(CLEAVE_ARM64_SYSROOT)
  set(CMAKE_SYSROOT ${CLEAVE_ARM64_SYSROOT})
  set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
  set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
  set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CLEAVE_ARM64_SYSROOT})
  set(CLEAVE_ARM64_LIBRARIES ${CLEAVE_ARM64_SYSROOT})
else()
  set(CLEAVE_ARM64_LIBRARIES /usr/aarch64-linux-gnu)
endif()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(ENV{PKG_CONFIG_LIBDIR}
  ${CLEAVE_ARM64_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${CLEAVE_ARM64_SYSROOT}/usr/share/pkgconfig)
find_program(CLEAVE_QEMU NAMES qemu-aarch64 qemu-aarch64-static)
if(CLEAVE_QEMU)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${CLEAVE_QEMU} -L ${CLEAVE_ARM64_LIBRARIES})
endif()
