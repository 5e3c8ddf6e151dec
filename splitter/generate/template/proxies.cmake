# How the remaining monolith is built: its own translation units, but copies with proxies where
# routines moved out.
include_guard(GLOBAL)

pkg_check_modules(CLEAVE_CURL QUIET libcurl libcrypto)
if(NOT CLEAVE_CURL_FOUND)
  message(FATAL_ERROR
    "the proxies need libcurl and libcrypto (Debian packages libcurl4-openssl-dev, libssl-dev)")
endif()
add_library(cleave_runtime_proxy OBJECT ${PROJECT_SOURCE_DIR}/runtime/cleave_proxy.c
  ${PROJECT_SOURCE_DIR}/runtime/cleave_proxy_credentials.c
  ${PROJECT_SOURCE_DIR}/runtime/cleave_proxy_forward.c
  ${PROJECT_SOURCE_DIR}/runtime/cleave_proxy_log.c
  ${PROJECT_SOURCE_DIR}/runtime/cleave_proxy_metadata.c
  ${PROJECT_SOURCE_DIR}/runtime/cleave_proxy_settings.c
  ${PROJECT_SOURCE_DIR}/runtime/cleave_proxy_sign.c
  ${PROJECT_SOURCE_DIR}/runtime/cleave_proxy_target.c
  ${PROJECT_SOURCE_DIR}/runtime/cleave_proxy_transport.c)
target_compile_options(cleave_runtime_proxy PRIVATE -Wall -Wextra -ffunction-sections -fdata-sections
  ${CLEAVE_CURL_CFLAGS})
target_compile_definitions(cleave_runtime_proxy PRIVATE _GNU_SOURCE)
target_include_directories(cleave_runtime_proxy PRIVATE ${PROJECT_SOURCE_DIR}/runtime
  ${CLEAVE_RUNTIME_JANSSON_INCLUDE})
set(archives ${CLEAVE_RUNTIME_ARCHIVES})
cleave_runtime_object(proxy "")

# cleave_moved(PROGRAM program FILE copy UNIT unit SOURCE original HASH sha256)
function(cleave_moved)
  cmake_parse_arguments(PARSE_ARGV 0 M "" "PROGRAM;FILE;UNIT;SOURCE;HASH" "")
  set(original ${CLEAVE_SOURCE_ROOT}/${M_SOURCE})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${original})
  file(SHA256 ${original} hash)
  if(NOT hash STREQUAL M_HASH)
    message(FATAL_ERROR "${M_SOURCE} has changed since ${M_FILE} was made from it: generate again")
  endif()
  string(MAKE_C_IDENTIFIER "moved_${M_PROGRAM}_${M_FILE}" target)
  get_filename_component(folder ${original} DIRECTORY)
  get_property(flags GLOBAL PROPERTY CLEAVE_FLAGS_${M_UNIT})
  add_library(${target} OBJECT ${M_FILE})
  # The copy lies elsewhere: quoted includes are found as from the original's folder.
  target_compile_options(${target} PRIVATE "SHELL:-iquote '${folder}'" ${flags} -w)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/runtime
    ${CLEAVE_RUNTIME_JANSSON_INCLUDE})
  set_property(GLOBAL APPEND PROPERTY CLEAVE_MOVED_${M_PROGRAM} ${target})
  set_property(GLOBAL APPEND PROPERTY CLEAVE_MOVED_SOURCES_${M_PROGRAM} ${original})
endfunction()

# cleave_remaining(PROGRAM EXECUTABLE|ARCHIVE LIBRARIES lib...)
function(cleave_remaining program)
  cmake_parse_arguments(PARSE_ARGV 1 R "EXECUTABLE;ARCHIVE" "" "LIBRARIES")
  get_property(units GLOBAL PROPERTY CLEAVE_UNITS_${program})
  get_property(moved GLOBAL PROPERTY CLEAVE_MOVED_${program})
  get_property(gone GLOBAL PROPERTY CLEAVE_MOVED_SOURCES_${program})
  set(objects)
  foreach(unit IN LISTS units)
    get_target_property(sources ${unit} SOURCES)
    list(REMOVE_ITEM sources ${gone})
    if(sources)
      get_property(flags GLOBAL PROPERTY CLEAVE_FLAGS_${unit})
      add_library(remaining_${unit} OBJECT ${sources})
      target_compile_options(remaining_${unit} PRIVATE ${flags} -w)
      list(APPEND objects $<TARGET_OBJECTS:remaining_${unit}>)
    endif()
  endforeach()
  foreach(target IN LISTS moved)
    list(APPEND objects $<TARGET_OBJECTS:${target}>)
  endforeach()
  if(R_ARCHIVE)
    add_library(remaining_${program} STATIC ${objects})
  else()
    add_executable(remaining_${program} ${objects})
  endif()
  set(runtime_object ${CMAKE_BINARY_DIR}/cleave_proxy.o)
  set_source_files_properties(${runtime_object} PROPERTIES GENERATED ON EXTERNAL_OBJECT ON)
  target_sources(remaining_${program} PRIVATE ${runtime_object})
  add_dependencies(remaining_${program} cleave_object_proxy)
  set_target_properties(remaining_${program} PROPERTIES OUTPUT_NAME ${program} LINKER_LANGUAGE C
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/remaining
    ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/remaining)
  foreach(library IN LISTS R_LIBRARIES)
    cleave_find_library(${library})
    target_link_libraries(remaining_${program} PRIVATE ${LIB_${library}_SHARED})
  endforeach()
  target_link_libraries(remaining_${program} PRIVATE ${CLEAVE_CURL_LDFLAGS} m pthread)
endfunction()
