cleave_fuzz(host SOURCES fuzz_host.c LIBRARIES cleave_host cleave_replay HttpParser PkgConfig::JANSSON)
