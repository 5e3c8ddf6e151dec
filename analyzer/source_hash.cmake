# cmake -DSOURCE=TREE -DOUTPUT=FILE -P source_hash.cmake: a header with the hash of what makes facts,
# so that facts of another build are never taken for one's own.
file(GLOB sources ${SOURCE}/analyzer/*.c ${SOURCE}/analyzer/*.h ${SOURCE}/store/*.c ${SOURCE}/store/*.h)
list(SORT sources)
set(hashes "")
foreach(source IN LISTS sources)
  file(SHA256 ${source} hash)
  string(APPEND hashes "${hash}\n")
endforeach()
string(SHA256 hash "${hashes}")
string(SUBSTRING ${hash} 0 16 hash)
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define CLEAVE_SOURCE_HASH \"${hash}\"\n")
