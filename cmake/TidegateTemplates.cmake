# tidegate_embed_templates(TARGET FOLDER): every file below FOLDER becomes a part of TARGET, so that
# templates are kept as the files they make and the program still is one file.
function(tidegate_embed_templates target folder)
  file(GLOB_RECURSE templates CONFIGURE_DEPENDS ${folder}/*)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}_templates.cc)
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -D FOLDER=${folder} -D SOURCE=${source}
      -P ${PROJECT_SOURCE_DIR}/cmake/embed_templates.cmake
    DEPENDS ${templates} ${PROJECT_SOURCE_DIR}/cmake/embed_templates.cmake VERBATIM)
  target_sources(${target} PRIVATE ${source})
endfunction()
