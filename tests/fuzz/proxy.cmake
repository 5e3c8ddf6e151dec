set(template ${PROJECT_SOURCE_DIR}/splitter/generate/template)
cleave_fuzz(proxy SOURCES fuzz_proxy.c ${template}/cleave_proxy.c ${template}/cleave_proxy_forward.c
  ${template}/cleave_proxy_credentials.c ${template}/cleave_proxy_log.c ${template}/cleave_proxy_metadata.c
  ${template}/cleave_proxy_settings.c
  ${template}/cleave_proxy_target.c ${template}/cleave_marshal.c ${template}/cleave_marshal_read.c
  ${template}/cleave_marshal_write.c LIBRARIES cleave_runtime PkgConfig::JANSSON m)
target_include_directories(fuzz_proxy PRIVATE ${template})
cleave_fuzz(state SOURCES fuzz_state.c ${template}/cleave_state.c ${template}/cleave_marshal.c
  ${template}/cleave_marshal_read.c ${template}/cleave_marshal_write.c
  LIBRARIES cleave_runtime PkgConfig::JANSSON m)
target_include_directories(fuzz_state PRIVATE ${template})
cleave_fuzz(generate SOURCES fuzz_generate.c LIBRARIES cleave_generate cleave_base PkgConfig::JANSSON)
