# `tidegate_libmariadb`: the client library of MySQL and MariaDB that our own programs are linked
# with; the static form where the program gets static ones, as with libpq (docs/decisions/0007).
pkg_check_modules(LIBMARIADB REQUIRED IMPORTED_TARGET GLOBAL libmariadb)
add_library(tidegate_libmariadb INTERFACE)

function(tidegate_find_static_libmariadb)
  foreach(name mariadb ssl crypto z)
    find_library(mysql_archive_${name} lib${name}.a HINTS ${LIBMARIADB_LIBRARY_DIRS} NO_CACHE)
    if(NOT mysql_archive_${name})
      message(STATUS "The program gets the shared libmariadb: there is no lib${name}.a "
        "(of libmariadb-dev, libssl-dev or zlib1g-dev)")
      return()
    endif()
    list(APPEND archives ${mysql_archive_${name}})
  endforeach()
  try_compile(links ${CMAKE_BINARY_DIR}/static_libmariadb
    SOURCES ${PROJECT_SOURCE_DIR}/cmake/static_libmariadb/trial.cc
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${LIBMARIADB_INCLUDE_DIRS}"
    LINK_LIBRARIES ${archives} Threads::Threads ${CMAKE_DL_LIBS} m
    OUTPUT_VARIABLE output)
  if(NOT links)
    file(WRITE ${CMAKE_BINARY_DIR}/static_libmariadb.log "${output}")
    message(STATUS "The program gets the shared libmariadb: the static one doesn't link, see "
      "${CMAKE_BINARY_DIR}/static_libmariadb.log")
    return()
  endif()
  target_include_directories(tidegate_libmariadb SYSTEM INTERFACE ${LIBMARIADB_INCLUDE_DIRS})
  target_link_libraries(tidegate_libmariadb INTERFACE
    ${archives} Threads::Threads ${CMAKE_DL_LIBS} m)
  message(STATUS "The program gets the static libmariadb")
  set(TIDEGATE_LIBMARIADB_IS_STATIC ON PARENT_SCOPE)
endfunction()

if(TIDEGATE_LINK_STATIC)
  tidegate_find_static_libmariadb()
endif()
if(NOT TIDEGATE_LIBMARIADB_IS_STATIC)
  target_link_libraries(tidegate_libmariadb INTERFACE PkgConfig::LIBMARIADB)
endif()
