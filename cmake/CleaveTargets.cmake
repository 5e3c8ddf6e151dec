# Warnings, sanitizers and the shape of our targets.
add_library(cleave_flags INTERFACE)
target_compile_options(cleave_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wformat=2
  $<$<BOOL:${CLEAVE_WERROR}>:-Werror>)
target_compile_definitions(cleave_flags INTERFACE _GNU_SOURCE CLEAVE_VERSION="${PROJECT_VERSION}")
target_include_directories(cleave_flags INTERFACE ${PROJECT_SOURCE_DIR})
if(CLEAVE_SANITIZE)
  target_compile_options(cleave_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(cleave_flags INTERFACE -fsanitize=address,undefined)
endif()

if(CLEAVE_FUZZ)
  target_compile_options(cleave_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# cleave_library(NAME SOURCES a.c b.c [PUBLIC lib...] [PRIVATE lib...])
# One static library for the calling folder. Includes are written from the top: "store/store.h".
function(cleave_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC cleave_flags PkgConfig::GLIB ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# cleave_test(NAME SUITE suite SOURCES a.c [LIBRARIES lib...])
# A GLib test program, run by ctest as SUITE/NAME with SUITE as its label.
function(cleave_test name)
  cmake_parse_arguments(ARG "" "SUITE" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(test_${name} ${ARG_SOURCES})
  target_link_libraries(test_${name} PRIVATE cleave_flags PkgConfig::GLIB ${ARG_LIBRARIES})
  add_test(NAME ${ARG_SUITE}/${name} COMMAND test_${name} --tap)
  set_tests_properties(${ARG_SUITE}/${name} PROPERTIES
    LABELS ${ARG_SUITE}
    ENVIRONMENT "CLEAVE_SOURCE_DIR=${PROJECT_SOURCE_DIR};CLEAVE_BINARY_DIR=${PROJECT_BINARY_DIR}")
endfunction()
