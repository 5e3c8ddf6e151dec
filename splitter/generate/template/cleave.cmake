# How carved functions are built: the monolith's translation units with their own flags, sections
# that nobody needs dropped, the runtime with all its names hidden but those that begin with
# cleave_, so that an application may have the same ones.
include_guard(GLOBAL)

set(CLEAVE_LINK auto CACHE STRING
    "static: one file without libraries; dynamic: shared libraries are packed along; auto: static where the libraries allow it")
set_property(CACHE CLEAVE_LINK PROPERTY STRINGS auto static dynamic)
option(CLEAVE_SANITIZE_FUNCTIONS "Build functions with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)

if(CLEAVE_SANITIZE_FUNCTIONS)
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  set(CLEAVE_LINK dynamic)
endif()

option(CLEAVE_FUZZ_FUNCTIONS "Build functions as fuzz targets (clang with libFuzzer)" OFF)
set(CLEAVE_TEST_FOLDERS "" CACHE STRING "Folders that the monolith expects where it runs")
set(CLEAVE_TEST_ENVIRONMENT "" CACHE STRING "NAME=VALUE of variables that the tests set")

if(CLEAVE_FUZZ_FUNCTIONS)
  if(NOT CMAKE_C_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "CLEAVE_FUZZ_FUNCTIONS needs clang: -DCMAKE_C_COMPILER=clang-19")
  endif()
  execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libclang_rt.fuzzer_no_main.a
    OUTPUT_VARIABLE CLEAVE_FUZZER OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT EXISTS "${CLEAVE_FUZZER}")
    execute_process(COMMAND ${CMAKE_C_COMPILER}
      -print-file-name=libclang_rt.fuzzer_no_main-${CMAKE_SYSTEM_PROCESSOR}.a
      OUTPUT_VARIABLE CLEAVE_FUZZER OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
  # Sections that are dropped take the sanitizer's descriptions of variables with them, which it
  # needs: it watches no variables of files here.
  add_compile_options(-g -fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer
    "SHELL:-mllvm -asan-globals=0")
  add_link_options(-fsanitize=address,undefined)
  set(CLEAVE_LINK dynamic)
endif()

find_package(PkgConfig)
find_package(Python3 QUIET COMPONENTS Interpreter)
find_program(CLEAVE_ZIP zip)
find_program(CLEAVE_SIZE NAMES ${CMAKE_C_COMPILER_TARGET}-size size)
add_custom_target(sizes)
set(CLEAVE_PACKAGES ${CMAKE_BINARY_DIR}/package)
add_custom_target(packages)

# The runtime as one object: jansson, libevent and http-parser inside, hidden.
function(cleave_runtime folder)
  set(CLEAVE_RUNTIME_STATIC ON CACHE BOOL "" FORCE)
  add_subdirectory(${folder} EXCLUDE_FROM_ALL)
  add_library(cleave_marshal OBJECT ${folder}/cleave_marshal.c ${folder}/cleave_marshal_read.c
    ${folder}/cleave_marshal_write.c ${folder}/cleave_glue.c
    $<$<BOOL:${CLEAVE_FUZZ_FUNCTIONS}>:${folder}/cleave_fuzz.c>)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${folder}/cleave_state.c)
    add_library(cleave_stored OBJECT ${folder}/cleave_state.c)
    target_compile_options(cleave_stored PRIVATE -ffunction-sections -fdata-sections)
    target_compile_definitions(cleave_stored PRIVATE _GNU_SOURCE)
    target_link_libraries(cleave_stored PRIVATE cleave_runtime)
  endif()
  add_library(cleave_memory OBJECT ${folder}/cleave_memory.c)
  target_link_libraries(cleave_memory PRIVATE cleave_runtime)
  target_compile_options(cleave_marshal PRIVATE -ffunction-sections -fdata-sections)
  target_compile_definitions(cleave_marshal PRIVATE _GNU_SOURCE)
  target_link_libraries(cleave_marshal PRIVATE cleave_runtime)
  get_target_property(libraries cleave_runtime INTERFACE_LINK_LIBRARIES)
  set(archives)
  foreach(library IN LISTS libraries)
    if(library MATCHES "\\.a$")
      list(APPEND archives ${library})
    endif()
  endforeach()
  set(CLEAVE_RUNTIME_ARCHIVES ${archives} PARENT_SCOPE)
  cleave_runtime_object(runtime "")
  # The same with what calls original routines directly.
  add_library(cleave_runtime_replay OBJECT EXCLUDE_FROM_ALL ${folder}/cleave_replay.c
    ${folder}/cleave_replay_draw.c ${folder}/cleave_replay_json.c ${folder}/cleave_replay_memory.c
    ${folder}/cleave_replay_scalars.c ${folder}/cleave_replay_values.c)
  target_compile_options(cleave_runtime_replay PRIVATE -Wall -Wextra -ffunction-sections -fdata-sections)
  target_compile_definitions(cleave_runtime_replay PRIVATE _GNU_SOURCE)
  target_link_libraries(cleave_runtime_replay PRIVATE cleave_runtime)
  cleave_runtime_object(replay "")
  # The runtime with what stands in for another library: that library's names stay visible.
  cleave_runtime_object(microhttpd MHD_*)
endfunction()

macro(cleave_runtime_object name visible)
  set(output ${CMAKE_BINARY_DIR}/cleave_${name}.o)
  set(parts cleave_runtime cleave_marshal)
  if(NOT "${name}" MATCHES "^(proxy|replay)$")
    # A proxy's monolith and the originals keep their own realloc() and free(), and their state: only
    # functions are linked with --wrap, and with stores.
    list(APPEND parts cleave_memory)
    if(TARGET cleave_stored)
      list(APPEND parts cleave_stored)
    endif()
  endif()
  if(NOT "${name}" STREQUAL runtime)
    list(APPEND parts cleave_runtime_${name})
  endif()
  set(objects)
  set(is_complete ON)
  foreach(part IN LISTS parts)
    if(TARGET ${part})
      list(APPEND objects $<TARGET_OBJECTS:${part}>)
    else()
      set(is_complete OFF)
    endif()
  endforeach()
  set(keep --keep-global-symbol=cleave_* --keep-global-symbol=__wrap_*)
  if(NOT "${visible}" STREQUAL "")
    list(APPEND keep --keep-global-symbol=${visible})
  endif()
  if(is_complete)
    add_custom_command(OUTPUT ${output}
      COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o ${output} ${objects} ${archives}
      COMMAND ${CMAKE_OBJCOPY} --wildcard ${keep} ${output}
      DEPENDS ${parts} ${objects}
      COMMAND_EXPAND_LISTS VERBATIM COMMENT "Hiding the names of the ${name} object")
    add_custom_target(cleave_object_${name} DEPENDS ${output})
  endif()
endmacro()

# cleave_unit(NAME PROGRAM program FLAGS flag... SOURCES file...): translation units of one program
# that are compiled alike.
function(cleave_unit name)
  cmake_parse_arguments(PARSE_ARGV 1 UNIT "" "PROGRAM" "FLAGS;SOURCES")
  list(TRANSFORM UNIT_SOURCES PREPEND "${CLEAVE_SOURCE_ROOT}/")
  if(CMAKE_SYSROOT)
    # Headers of the system that the monolith names: those of the other system.
    list(TRANSFORM UNIT_FLAGS REPLACE "^(-I|SHELL:-[a-z]+ ')/usr/" "\\1${CMAKE_SYSROOT}/usr/")
  endif()
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${UNIT_SOURCES})
  target_compile_options(${name} PRIVATE ${UNIT_FLAGS} -w -ffunction-sections -fdata-sections)
  set_property(GLOBAL PROPERTY CLEAVE_FLAGS_${name} "${UNIT_FLAGS}")
  set_property(GLOBAL APPEND PROPERTY CLEAVE_UNITS_${UNIT_PROGRAM} ${name})
endfunction()

# The archive from which the linker takes what a function needs.
function(cleave_program name)
  get_property(units GLOBAL PROPERTY CLEAVE_UNITS_${name})
  set(objects)
  foreach(unit IN LISTS units)
    list(APPEND objects $<TARGET_OBJECTS:${unit}>)
  endforeach()
  add_library(monolith_${name} STATIC EXCLUDE_FROM_ALL ${objects})
  set_target_properties(monolith_${name} PROPERTIES LINKER_LANGUAGE C)
endfunction()

# Where a library is: LIB_<name>_STATIC and LIB_<name>_SHARED in the caller, as linker arguments.
function(cleave_find_library name)
  set(static NOTFOUND)
  set(shared -l${name})
  set(module)
  foreach(candidate ${name} lib${name})
    if(PKG_CONFIG_FOUND AND NOT module)
      pkg_check_modules(CLEAVE_${name} QUIET ${candidate})
      if(CLEAVE_${name}_FOUND)
        set(module ${candidate})
        set(shared ${CLEAVE_${name}_LDFLAGS})
        set(static ${CLEAVE_${name}_STATIC_LDFLAGS})
      endif()
    endif()
  endforeach()
  if(NOT module)
    find_library(CLEAVE_ARCHIVE_${name} lib${name}.a)
    if(CLEAVE_ARCHIVE_${name})
      set(static -l${name})
    endif()
  endif()
  set(LIB_${name}_SHARED "${shared}" PARENT_SCOPE)
  set(LIB_${name}_STATIC "${static}" PARENT_SCOPE)
endfunction()

# Whether these symbols can be linked statically from these libraries; remembered per set.
function(cleave_can_link_static result libraries symbols arguments)
  string(MD5 key "${libraries};${symbols}")
  if(NOT DEFINED CLEAVE_STATIC_${key})
    set(source "${CMAKE_BINARY_DIR}/probe/${key}.c")
    set(text "")
    set(uses "")
    foreach(symbol IN LISTS symbols)
      string(APPEND text "extern char ${symbol}[] __attribute__((weak));\n")
      string(APPEND uses "  sum += (unsigned long)p_${symbol};\n")
      string(APPEND text "void *volatile p_${symbol} = (void *)${symbol};\n")
    endforeach()
    string(REPLACE " __attribute__((weak))" "" text "${text}")
    file(WRITE ${source} "${text}int main(void)\n{\n  unsigned long sum = 0;\n${uses}  return sum == 42;\n}\n")
    try_compile(works ${CMAKE_BINARY_DIR}/probe/${key} ${source}
      COMPILE_DEFINITIONS -fno-builtin -w
      LINK_OPTIONS -static
      LINK_LIBRARIES ${arguments})
    set(CLEAVE_STATIC_${key} ${works} CACHE INTERNAL "libraries ${libraries} can be linked statically")
  endif()
  set(${result} ${CLEAVE_STATIC_${key}} PARENT_SCOPE)
endfunction()

# cleave_glue(FUNCTION name FILE c-file [SOURCE source UNIT unit]): a C file between runtime and
# monolith; with SOURCE it stands behind that file and is compiled with its flags.
function(cleave_glue)
  cmake_parse_arguments(PARSE_ARGV 0 GLUE "" "FUNCTION;FILE;SOURCE;UNIT" "")
  string(MAKE_C_IDENTIFIER "glue_${GLUE_FUNCTION}_${GLUE_FILE}" target)
  add_library(${target} OBJECT ${CMAKE_CURRENT_SOURCE_DIR}/${GLUE_FILE})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/runtime)
  target_compile_options(${target} PRIVATE -ffunction-sections -fdata-sections)
  if(GLUE_SOURCE)
    get_property(flags GLOBAL PROPERTY CLEAVE_FLAGS_${GLUE_UNIT})
    target_compile_options(${target} PRIVATE ${flags})
    target_compile_definitions(${target} PRIVATE
      CLEAVE_SOURCE="${CLEAVE_SOURCE_ROOT}/${GLUE_SOURCE}")
  endif()
  target_compile_options(${target} PRIVATE -Wall -Wextra)
  set_property(GLOBAL APPEND PROPERTY CLEAVE_GLUE_${GLUE_FUNCTION} ${target})
endfunction()

# cleave_function(NAME PROGRAM program LIBRARIES lib... SYMBOLS symbol...
#   [STATE] [RUNTIME microhttpd] [DYNAMIC why not static] [OPEN decision...]): a function with open decisions is left out of the
# whole build; its own target, function_NAME, fails and says what is to be decided.
function(cleave_function name)
  cmake_parse_arguments(PARSE_ARGV 1 F "STATE" "PROGRAM;DYNAMIC;RUNTIME" "LIBRARIES;SYMBOLS;OPEN")
  if(F_STATE)
    cleave_state()
    list(APPEND F_LIBRARIES sqlite3)
    list(APPEND F_SYMBOLS sqlite3_open_v2)
    if(CLEAVE_HIREDIS_FOUND)
      list(APPEND F_LIBRARIES hiredis)
      list(APPEND F_SYMBOLS redisCommand)
    endif()
    list(REMOVE_DUPLICATES F_LIBRARIES)
  endif()
  get_property(glue GLOBAL PROPERTY CLEAVE_GLUE_${name})
  set(objects)
  foreach(target IN LISTS glue)
    list(APPEND objects $<TARGET_OBJECTS:${target}>)
  endforeach()
  set(static_arguments)
  set(shared_arguments)
  set(is_static ON)
  foreach(library IN LISTS F_LIBRARIES)
    cleave_find_library(${library})
    if(LIB_${library}_STATIC STREQUAL "NOTFOUND")
      set(is_static OFF)
    endif()
    list(APPEND static_arguments ${LIB_${library}_STATIC})
    list(APPEND shared_arguments ${LIB_${library}_SHARED})
  endforeach()
  if(F_DYNAMIC)
    set(is_static OFF)
  endif()
  if(CLEAVE_LINK STREQUAL dynamic)
    set(is_static OFF)
  elseif(is_static AND F_SYMBOLS)
    cleave_can_link_static(is_static "${F_LIBRARIES}" "${F_SYMBOLS}" "${static_arguments}")
  endif()
  if(CLEAVE_LINK STREQUAL static AND NOT is_static)
    message(WARNING "${name} cannot be linked statically: ${F_LIBRARIES} ${F_DYNAMIC}")
  endif()
  if(NOT F_RUNTIME)
    set(F_RUNTIME runtime)
  endif()
  set(runtime_object ${CMAKE_BINARY_DIR}/cleave_${F_RUNTIME}.o)
  # A source that a custom target makes elsewhere.
  set_source_files_properties(${runtime_object} PROPERTIES GENERATED ON EXTERNAL_OBJECT ON)
  if(F_STATE)
    list(APPEND objects $<TARGET_OBJECTS:cleave_state_store>)
  endif()
  add_executable(function_${name} main.c ${objects} ${runtime_object})
  add_dependencies(function_${name} cleave_object_${F_RUNTIME})
  target_include_directories(function_${name} PRIVATE ${PROJECT_SOURCE_DIR}/runtime
    ${CLEAVE_RUNTIME_JANSSON_INCLUDE})
  target_compile_options(function_${name} PRIVATE -Wall -Wextra -ffunction-sections -fdata-sections)
  set_target_properties(function_${name} PROPERTIES OUTPUT_NAME bootstrap
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/functions/${name})
  target_link_options(function_${name} PRIVATE -Wl,--gc-sections -Wl,--wrap=main
    -Wl,--wrap=realloc -Wl,--wrap=free
    -Wl,--as-needed -Wl,-O1 $<$<NOT:$<CONFIG:Debug>>:-s>)
  if(F_PROGRAM)
    target_link_libraries(function_${name} PRIVATE monolith_${F_PROGRAM})
  endif()
  if(is_static)
    # The C library warns of name resolution in static programs; the runtime asks for names only
    # where the platform gives none as numbers.
    target_link_options(function_${name} PRIVATE -static)
    set_target_properties(function_${name} PROPERTIES
      RULE_LAUNCH_LINK "sh \"${PROJECT_SOURCE_DIR}/cmake/static-link.sh\"")
    target_link_libraries(function_${name} PRIVATE ${static_arguments} m pthread)
  else()
    target_link_libraries(function_${name} PRIVATE ${shared_arguments} m pthread)
  endif()
  set(map ${CMAKE_BINARY_DIR}/functions/${name}/bootstrap.map)
  target_link_options(function_${name} PRIVATE -Wl,-Map=${map})
  cleave_sizes(${name} "${F_PROGRAM}" ${map})
  cleave_package(${name} ${is_static})
  if(CLEAVE_FUZZ_FUNCTIONS)
    target_compile_definitions(function_${name} PRIVATE CLEAVE_FUZZ)
    target_link_libraries(function_${name} PRIVATE ${CLEAVE_FUZZER} stdc++)
    set_target_properties(function_${name} PROPERTIES OUTPUT_NAME fuzz)
  endif()
  if(F_OPEN)
    message(NOTICE "${name} is not built: decide ${F_OPEN} in functions/${name}/function.yaml")
    set_target_properties(function_${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    foreach(target IN LISTS glue)
      set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
    endforeach()
  else()
    add_dependencies(packages package_${name})
    if(TARGET sizes_${name})
      add_dependencies(sizes sizes_${name})
    endif()
  endif()
endfunction()

# cleave_replay(NAME PROGRAM program LIBRARIES lib...): the program beside the binary of that name
# that calls the same routines without JSON, for `cleave replay --typed`.
function(cleave_replay name)
  cmake_parse_arguments(PARSE_ARGV 1 R "" "PROGRAM" "LIBRARIES")
  if(CLEAVE_FUZZ_FUNCTIONS)
    return()
  endif()
  get_property(glue GLOBAL PROPERTY CLEAVE_GLUE_${name}.replay)
  set(objects)
  foreach(target IN LISTS glue)
    list(APPEND objects $<TARGET_OBJECTS:${target}>)
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
  endforeach()
  set(runtime_object ${CMAKE_BINARY_DIR}/cleave_replay.o)
  set_source_files_properties(${runtime_object} PROPERTIES GENERATED ON EXTERNAL_OBJECT ON)
  add_executable(replay_${name} EXCLUDE_FROM_ALL replay/main.c ${objects} ${runtime_object})
  add_dependencies(replay_${name} cleave_object_replay)
  target_include_directories(replay_${name} PRIVATE ${PROJECT_SOURCE_DIR}/runtime
    ${CLEAVE_RUNTIME_JANSSON_INCLUDE})
  target_compile_options(replay_${name} PRIVATE -Wall -Wextra -ffunction-sections -fdata-sections)
  target_link_options(replay_${name} PRIVATE -Wl,--gc-sections -Wl,--wrap=main -Wl,--as-needed)
  set_target_properties(replay_${name} PROPERTIES OUTPUT_NAME original
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/functions/${name})
  target_link_libraries(replay_${name} PRIVATE monolith_${R_PROGRAM})
  foreach(library IN LISTS R_LIBRARIES)
    cleave_find_library(${library})
    target_link_libraries(replay_${name} PRIVATE ${LIB_${library}_SHARED})
  endforeach()
  target_link_libraries(replay_${name} PRIVATE m pthread)
  if(NOT TARGET originals)
    add_custom_target(originals)
  endif()
  get_target_property(is_left_out function_${name} EXCLUDE_FROM_ALL)
  if(NOT is_left_out)
    add_dependencies(originals replay_${name})
  endif()
endfunction()

# cleave_function_test(FUNCTION binary NAME function TRIGGER trigger [TYPED] PLATFORMS platform...):
# sample events and hostile ones through the binary, as each platform sends them.
function(cleave_function_test)
  cmake_parse_arguments(PARSE_ARGV 0 T "TYPED" "FUNCTION;NAME;TRIGGER" "PLATFORMS")
  get_target_property(is_left_out function_${T_FUNCTION} EXCLUDE_FROM_ALL)
  if(is_left_out OR NOT Python3_Interpreter_FOUND OR CLEAVE_FUZZ_FUNCTIONS)
    return()
  endif()
  set(samples ${CMAKE_CURRENT_SOURCE_DIR}/samples/${T_NAME})
  set(typed)
  if(T_TYPED)
    set(typed --payload ${samples}.input.json
      --input ${CMAKE_CURRENT_SOURCE_DIR}/${T_NAME}.input.schema.json
      --output ${CMAKE_CURRENT_SOURCE_DIR}/${T_NAME}.output.schema.json)
  endif()
  string(JOIN " " emulator ${CMAKE_CROSSCOMPILING_EMULATOR})
  foreach(platform IN LISTS T_PLATFORMS)
    # The interpreter as a path: as a target it would be run through the emulator, too.
    add_test(NAME ${T_NAME}/${platform}
      COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/invoke.py --platform ${platform}
        --trigger ${T_TRIGGER} --name ${T_NAME} --sample ${samples}.${platform}.json ${typed}
        "--emulator=${emulator}" --folders ${CLEAVE_TEST_FOLDERS}
        --environment ${CLEAVE_TEST_ENVIRONMENT} -- $<TARGET_FILE:function_${T_FUNCTION}>)
    set_tests_properties(${T_NAME}/${platform} PROPERTIES LABELS ${platform} TIMEOUT 300)
  endforeach()
endfunction()

# What the binary holds of the monolith, and what beyond the function's closure.
function(cleave_sizes name program map)
  if(Python3_Interpreter_FOUND AND program)
    add_custom_target(sizes_${name}
      COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tests/sizes.py --name ${name} --map ${map}
        --binary $<TARGET_FILE:function_${name}> --archive $<TARGET_FILE:monolith_${program}>
        --closure ${CMAKE_CURRENT_SOURCE_DIR}/closure.txt --size ${CLEAVE_SIZE}
        --out ${CMAKE_BINARY_DIR}/functions/${name}/sizes.txt
      DEPENDS function_${name} VERBATIM)
  endif()
endfunction()

# Where the state of functions is stored: SQLite, and Redis where hiredis is.
macro(cleave_state)
  pkg_check_modules(CLEAVE_HIREDIS QUIET hiredis)
  if(NOT TARGET cleave_state_store)
    add_library(cleave_state_store OBJECT EXCLUDE_FROM_ALL
      ${PROJECT_SOURCE_DIR}/runtime/cleave_state_sqlite.c
      ${PROJECT_SOURCE_DIR}/runtime/cleave_state_redis.c)
    target_include_directories(cleave_state_store PRIVATE ${CLEAVE_RUNTIME_JANSSON_INCLUDE}
      ${PROJECT_SOURCE_DIR}/runtime ${CLEAVE_HIREDIS_INCLUDE_DIRS})
    target_compile_definitions(cleave_state_store PRIVATE _GNU_SOURCE)
    target_compile_options(cleave_state_store PRIVATE -Wall -Wextra -ffunction-sections
      -fdata-sections)
    if(CLEAVE_HIREDIS_FOUND)
      target_compile_definitions(cleave_state_store PRIVATE CLEAVE_HAS_HIREDIS)
    endif()
  endif()
endmacro()

# The zip for AWS and Azure, and a folder for an image. A binary with shared libraries travels with
# them and with its loader, behind a small static starter.
function(cleave_package name is_static)
  add_custom_target(package_${name}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DBINARY=$<TARGET_FILE:function_${name}>
      -DSTATIC=${is_static} -DSTARTER=$<TARGET_FILE:cleave_starter> -DZIP=${CLEAVE_ZIP}
      -DPACKAGES=${CLEAVE_PACKAGES} -DPROJECT=${PROJECT_SOURCE_DIR} -DROOT=${CLEAVE_SOURCE_ROOT}
      -DPROCESSOR=${CMAKE_SYSTEM_PROCESSOR} -DCROSS=${CMAKE_CROSSCOMPILING}
      -DSYSROOT=${CMAKE_SYSROOT} -DTRIPLE=${CMAKE_LIBRARY_ARCHITECTURE} -DREADELF=${CMAKE_READELF}
      -P ${PROJECT_SOURCE_DIR}/cmake/package.cmake
    DEPENDS function_${name} cleave_starter VERBATIM)
endfunction()

function(cleave_starter)
  add_executable(cleave_starter EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/cmake/starter.c)
  target_compile_options(cleave_starter PRIVATE -Wall -Wextra -Os)
  target_link_options(cleave_starter PRIVATE -static -s)
endfunction()
