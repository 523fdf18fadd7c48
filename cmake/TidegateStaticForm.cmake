# tidegate_static_form(IS_STATIC NAME ARCHIVES PART... [SOURCES FILE...] HINTS FOLDER...
#                      INCLUDES FOLDER... PACKAGES TEXT)
#
# Where the program gets static libraries, links `tidegate_NAME` with the static form of the client
# library NAME, which is libPART.a for each part, and sets IS_STATIC. It is tried first, with
# cmake/static_NAME/trial.cc and the SOURCES. Where it doesn't link, or an archive of the PACKAGES
# isn't there, that is said, and the target stays as it is.
function(tidegate_static_form is_static name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "PACKAGES" "ARCHIVES;SOURCES;HINTS;INCLUDES")
  if(NOT TIDEGATE_LINK_STATIC)
    return()
  endif()
  foreach(part IN LISTS arg_ARCHIVES)
    find_library(archive_${part} lib${part}.a HINTS ${arg_HINTS} NO_CACHE)
    if(NOT archive_${part})
      message(STATUS "The program gets the shared ${name}: there is no lib${part}.a "
        "(of ${arg_PACKAGES})")
      return()
    endif()
    list(APPEND libraries ${archive_${part}})
  endforeach()
  list(APPEND libraries Threads::Threads ${CMAKE_DL_LIBS} m)

  try_compile(links ${CMAKE_BINARY_DIR}/static_${name}
    SOURCES ${PROJECT_SOURCE_DIR}/cmake/static_${name}/trial.cc ${arg_SOURCES}
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${arg_INCLUDES}"
    LINK_LIBRARIES ${libraries}
    OUTPUT_VARIABLE output)
  if(NOT links)
    file(WRITE ${CMAKE_BINARY_DIR}/static_${name}.log "${output}")
    message(STATUS "The program gets the shared ${name}: the static one doesn't link, see "
      "${CMAKE_BINARY_DIR}/static_${name}.log")
    return()
  endif()
  target_include_directories(tidegate_${name} SYSTEM INTERFACE ${arg_INCLUDES})
  target_link_libraries(tidegate_${name} INTERFACE ${libraries})
  set(${is_static} ON PARENT_SCOPE)
endfunction()
