cleave_fuzz(profile SOURCES fuzz_profile.c LIBRARIES cleave_splitter)
