# Foreign libraries, each named once. A folder links only those that docs/design.md allows it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

pkg_check_modules(GLIB REQUIRED IMPORTED_TARGET glib-2.0>=2.74 gio-unix-2.0)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8>=10.40)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.14)
pkg_check_modules(GMP REQUIRED IMPORTED_TARGET gmp>=6.2)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1>=0.2.5)
pkg_check_modules(LIBEVENT REQUIRED IMPORTED_TARGET libevent>=2.1)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(LIBGIT2 REQUIRED IMPORTED_TARGET libgit2>=1.5)
pkg_check_modules(GRAPHVIZ REQUIRED IMPORTED_TARGET libgvc>=2.42 libcgraph>=2.42)

find_path(HTTP_PARSER_INCLUDE http_parser.h REQUIRED)
find_library(HTTP_PARSER_LIBRARY http_parser REQUIRED)
add_library(HttpParser INTERFACE)
target_include_directories(HttpParser SYSTEM INTERFACE ${HTTP_PARSER_INCLUDE})
target_link_libraries(HttpParser INTERFACE ${HTTP_PARSER_LIBRARY})

# libclang by version: older ones lack operator kinds, and the file names differ from release to
# release.
set(CLEAVE_LLVM 19)
set(CLEAVE_LLVM_PREFIX /usr/lib/llvm-${CLEAVE_LLVM} CACHE PATH "Where LLVM ${CLEAVE_LLVM} is installed")
find_path(LIBCLANG_INCLUDE clang-c/Index.h HINTS ${CLEAVE_LLVM_PREFIX}/include NO_DEFAULT_PATH REQUIRED)
find_library(LIBCLANG_LIBRARY NAMES clang-${CLEAVE_LLVM} clang HINTS ${CLEAVE_LLVM_PREFIX}/lib NO_DEFAULT_PATH REQUIRED)
find_path(CLANG_RESOURCE_DIR include/stddef.h
          HINTS ${CLEAVE_LLVM_PREFIX}/lib/clang/${CLEAVE_LLVM} NO_DEFAULT_PATH REQUIRED)
add_library(Libclang INTERFACE)
target_include_directories(Libclang SYSTEM INTERFACE ${LIBCLANG_INCLUDE})
target_link_libraries(Libclang INTERFACE ${LIBCLANG_LIBRARY})
target_compile_definitions(Libclang INTERFACE CLEAVE_RESOURCE_DIR="${CLANG_RESOURCE_DIR}")
