# Packs one function: PACKAGES/NAME/ (what an image or a zip holds) and PACKAGES/NAME.zip.
set(folder ${PACKAGES}/${NAME})
file(REMOVE_RECURSE ${folder})
file(MAKE_DIRECTORY ${folder})
if(STATIC)
  file(COPY_FILE ${BINARY} ${folder}/bootstrap)
else()
  file(COPY_FILE ${STARTER} ${folder}/bootstrap)
  file(COPY_FILE ${BINARY} ${folder}/function)
  file(MAKE_DIRECTORY ${folder}/lib)
  execute_process(COMMAND ldd ${BINARY} OUTPUT_VARIABLE libraries RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "cannot list the libraries of ${BINARY}")
  endif()
  string(REPLACE "\n" ";" lines "${libraries}")
  foreach(line IN LISTS lines)
    if(line MATCHES "=> (/[^ ]+)")
      get_filename_component(file ${CMAKE_MATCH_1} NAME)
      file(COPY_FILE ${CMAKE_MATCH_1} ${folder}/lib/${file})
    elseif(line MATCHES "^[ \t]*(/[^ ]+ld[^ ]*) ")
      file(COPY_FILE ${CMAKE_MATCH_1} ${folder}/lib/ld.so)
    elseif(line MATCHES "not found")
      message(FATAL_ERROR "${NAME}: ${line}")
    endif()
  endforeach()
endif()
if(EXISTS ${PROJECT}/functions/${NAME}/files.txt)
  # Files that the function reads at run time, relative to the source root.
  file(STRINGS ${PROJECT}/functions/${NAME}/files.txt files)
  foreach(file IN LISTS files)
    if(EXISTS ${ROOT}/${file})
      get_filename_component(parent ${folder}/${file} DIRECTORY)
      file(COPY ${ROOT}/${file} DESTINATION ${parent})
    endif()
  endforeach()
endif()
file(WRITE ${folder}/Dockerfile
"FROM scratch
COPY . /app/
WORKDIR /app
USER 65532
ENTRYPOINT [\"/app/bootstrap\"]
")
# The same bytes for the same content: fixed times, sorted names, no extra fields.
file(GLOB_RECURSE all RELATIVE ${folder} ${folder}/*)
list(SORT all)
list(REMOVE_ITEM all Dockerfile)
execute_process(COMMAND ${CMAKE_COMMAND} -E env TZ=UTC touch -h -d 1980-01-01T00:00:00Z ${all}
                WORKING_DIRECTORY ${folder})
file(REMOVE ${PACKAGES}/${NAME}.zip)
if(ZIP)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env TZ=UTC ${ZIP} -q -X -D -9 ${PACKAGES}/${NAME}.zip ${all}
                  WORKING_DIRECTORY ${folder} RESULT_VARIABLE failed)
else()
  execute_process(COMMAND ${CMAKE_COMMAND} -E tar cf ${PACKAGES}/${NAME}.zip --format=zip
                          --mtime=1980-01-01T00:00:00Z ${all}
                  WORKING_DIRECTORY ${folder} RESULT_VARIABLE failed)
endif()
if(failed)
  message(FATAL_ERROR "cannot write ${PACKAGES}/${NAME}.zip")
endif()
# Azure wants host.json and one folder per function beside the handler.
if(EXISTS ${PROJECT}/azure/${NAME}/host.json)
  set(app ${PACKAGES}/${NAME}-azure)
  file(REMOVE_RECURSE ${app})
  file(COPY ${folder}/ DESTINATION ${app} PATTERN Dockerfile EXCLUDE)
  file(COPY ${PROJECT}/azure/${NAME}/ DESTINATION ${app} PATTERN "*.new" EXCLUDE)
  file(GLOB_RECURSE all RELATIVE ${app} ${app}/*)
  list(SORT all)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env TZ=UTC touch -h -d 1980-01-01T00:00:00Z ${all}
                  WORKING_DIRECTORY ${app})
  file(REMOVE ${PACKAGES}/${NAME}-azure.zip)
  if(ZIP)
    execute_process(COMMAND ${CMAKE_COMMAND} -E env TZ=UTC ${ZIP} -q -X -D -9 ${PACKAGES}/${NAME}-azure.zip ${all}
                    WORKING_DIRECTORY ${app} RESULT_VARIABLE failed)
  else()
    execute_process(COMMAND ${CMAKE_COMMAND} -E tar cf ${PACKAGES}/${NAME}-azure.zip --format=zip
                            --mtime=1980-01-01T00:00:00Z ${all}
                    WORKING_DIRECTORY ${app} RESULT_VARIABLE failed)
  endif()
  if(failed)
    message(FATAL_ERROR "cannot write ${PACKAGES}/${NAME}-azure.zip")
  endif()
endif()
file(SIZE ${PACKAGES}/${NAME}.zip size)
message(STATUS "${NAME}.zip: ${size} bytes")
