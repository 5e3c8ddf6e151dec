# For arm64 (AWS Graviton, Cloud Run on Arm): cmake -DCMAKE_TOOLCHAIN_FILE=cmake/arm64.cmake …
# Debian: gcc-aarch64-linux-gnu, and the libraries of that architecture (dpkg --add-architecture
# arm64; libevent-dev:arm64 libhttp-parser-dev:arm64 libjansson-dev:arm64). qemu-user runs the tests.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
find_program(CLEAVE_QEMU NAMES qemu-aarch64 qemu-aarch64-static)
if(CLEAVE_QEMU)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${CLEAVE_QEMU} -L /usr/aarch64-linux-gnu)
endif()
