# tidegate_embed_migrations(TARGET DIR folder... ENGINES engine... [NAME function] [FORMAT format])
#
# Makes the folders' migrations a part of TARGET: `const tidegate::EmbeddedFolder& NAME();` in
# `NAME.h`, where NAME is TARGET_migrations if it isn't given. The build fails when a file is wrong:
# its name, its version, its directives, or a statement that can't be split or run as it stands.
function(tidegate_embed_migrations target)
  cmake_parse_arguments(PARSE_ARGV 1 EMBED "" "NAME;FORMAT" "DIR;ENGINES")
  if(EMBED_UNPARSED_ARGUMENTS OR NOT EMBED_DIR OR NOT EMBED_ENGINES)
    message(FATAL_ERROR "tidegate_embed_migrations(TARGET DIR folder... ENGINES engine... "
      "[NAME function] [FORMAT format])")
  endif()
  if(NOT EMBED_NAME)
    string(MAKE_C_IDENTIFIER "${target}_migrations" EMBED_NAME)
  endif()
  set(arguments --name ${EMBED_NAME})
  if(EMBED_FORMAT)
    list(APPEND arguments --format ${EMBED_FORMAT})
  endif()
  foreach(engine IN LISTS EMBED_ENGINES)
    list(APPEND arguments --engine ${engine})
  endforeach()
  set(files)
  foreach(folder IN LISTS EMBED_DIR)
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*)
    list(APPEND files ${found})
  endforeach()
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded)
  file(MAKE_DIRECTORY ${output})
  # The folders are named as the project names them, so that messages do too.
  add_custom_command(
    OUTPUT ${output}/${EMBED_NAME}.cc ${output}/${EMBED_NAME}.h
    COMMAND tidegate::embed ${arguments} --output ${output} ${EMBED_DIR}
    COMMAND ${CMAKE_COMMAND} -E touch ${output}/${EMBED_NAME}.cc
    DEPENDS ${files} tidegate::embed
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    COMMENT "Embedding ${EMBED_DIR}" VERBATIM)
  target_sources(${target} PRIVATE ${output}/${EMBED_NAME}.cc)
  target_include_directories(${target} PRIVATE ${output})
endfunction()
