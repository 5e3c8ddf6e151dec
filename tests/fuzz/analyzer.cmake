cleave_fuzz(commands SOURCES fuzz_commands.c LIBRARIES cleave_analyzer)
cleave_fuzz(rules SOURCES fuzz_rules.c LIBRARIES cleave_analyzer)
cleave_fuzz(unit SOURCES fuzz_unit.c LIBRARIES cleave_analyzer)
cleave_fuzz(link_steps SOURCES fuzz_link_steps.c LIBRARIES cleave_analyzer)

# Objects are binary: their corpus is what the compiler makes of a small source.
cleave_fuzz(object SOURCES fuzz_object.c LIBRARIES cleave_analyzer)
set(object_corpus ${CMAKE_CURRENT_BINARY_DIR}/object)
add_custom_command(OUTPUT ${object_corpus}/program
  COMMAND ${CMAKE_COMMAND} -E make_directory ${object_corpus}
  COMMAND ${CMAKE_C_COMPILER} -c ${CMAKE_CURRENT_LIST_DIR}/object_corpus.c -o ${object_corpus}/one.o
  COMMAND ${CMAKE_COMMAND} -E copy ${object_corpus}/one.o ${object_corpus}/a_long_name_of_a_member.o
  COMMAND ${CMAKE_AR} qc ${object_corpus}/two.a ${object_corpus}/one.o ${object_corpus}/a_long_name_of_a_member.o
  COMMAND ${CMAKE_AR} qcT ${object_corpus}/thin.a ${object_corpus}/one.o
  COMMAND ${CMAKE_C_COMPILER} -shared -fPIC -nostdlib ${CMAKE_CURRENT_LIST_DIR}/object_corpus.c
    -Wl,-soname,libcorpus.so.1 -o ${object_corpus}/library
  COMMAND ${CMAKE_C_COMPILER} ${object_corpus}/one.o ${object_corpus}/library -nostdlib -rdynamic
    -Wl,--no-as-needed,-e,first -o ${object_corpus}/program
  DEPENDS ${CMAKE_CURRENT_LIST_DIR}/object_corpus.c VERBATIM)
add_custom_target(fuzz_object_corpus ALL DEPENDS ${object_corpus}/program)
add_dependencies(fuzz_targets fuzz_object_corpus)

# Texts that are read beside the parser.
cleave_fuzz(c_text SOURCES fuzz_c_text.c LIBRARIES cleave_analyzer)
cleave_fuzz(added SOURCES fuzz_added.c LIBRARIES cleave_parser Libclang)
