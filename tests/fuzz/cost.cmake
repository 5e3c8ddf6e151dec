cleave_fuzz(scenario SOURCES fuzz_scenario.c LIBRARIES cleave_cost)
target_compile_definitions(fuzz_scenario PRIVATE CATALOGUE_FOLDER="${PROJECT_SOURCE_DIR}/cost/catalogue")
cleave_fuzz(catalogue SOURCES fuzz_catalogue.c LIBRARIES cleave_cost)
