cleave_fuzz(commands SOURCES fuzz_commands.c LIBRARIES cleave_analyzer)
cleave_fuzz(unit SOURCES fuzz_unit.c LIBRARIES cleave_analyzer)
