# `tidegate_libpq`: the libpq that our own programs are linked with. The shared one brings some
# thirty libraries along, which take longer to load than a look takes; docs/decisions/0007 tells
# more. The installed library leaves the choice to who links it.
find_package(PostgreSQL REQUIRED)
add_library(tidegate_libpq INTERFACE)

# libpq.a needs two archives of the server's build. They come with the server's development package,
# or from tools/setup, which takes only them out of it.
function(tidegate_find_static_libpq)
  string(REGEX MATCH "^[0-9]+" major "${PostgreSQL_VERSION_STRING}")
  set(parts /usr/lib/postgresql/${major}/lib ${PROJECT_SOURCE_DIR}/build/libpq/${major})
  foreach(name pq pgcommon pgport ssl crypto)
    find_library(archive_${name} lib${name}.a HINTS ${parts} NO_CACHE)
    if(NOT archive_${name})
      message(STATUS "The program gets the shared libpq: there is no lib${name}.a "
        "(of libpq-dev, libssl-dev or postgresql-server-dev-${major})")
      return()
    endif()
    list(APPEND archives ${archive_${name}})
  endforeach()

  set(absent ${PROJECT_SOURCE_DIR}/cmake/static_libpq/absent.cc)
  try_compile(links ${CMAKE_BINARY_DIR}/static_libpq
    SOURCES ${PROJECT_SOURCE_DIR}/cmake/static_libpq/trial.cc ${absent}
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${PostgreSQL_INCLUDE_DIRS}"
    LINK_LIBRARIES ${archives} Threads::Threads ${CMAKE_DL_LIBS} m
    OUTPUT_VARIABLE output)
  if(NOT links)
    file(WRITE ${CMAKE_BINARY_DIR}/static_libpq.log "${output}")
    message(STATUS "The program gets the shared libpq: the static one doesn't link, see "
      "${CMAKE_BINARY_DIR}/static_libpq.log")
    return()
  endif()
  add_library(tidegate_absent STATIC ${absent})
  target_link_libraries(tidegate_absent PRIVATE tidegate_compiler)
  target_include_directories(tidegate_libpq SYSTEM INTERFACE ${PostgreSQL_INCLUDE_DIRS})
  target_link_libraries(tidegate_libpq INTERFACE
    ${archives} tidegate_absent Threads::Threads ${CMAKE_DL_LIBS} m)
  message(STATUS "The program gets the static libpq, without Kerberos and LDAP")
  set(TIDEGATE_LIBPQ_IS_STATIC ON PARENT_SCOPE)
endfunction()

if(TIDEGATE_LINK_STATIC)
  tidegate_find_static_libpq()
endif()
if(NOT TIDEGATE_LIBPQ_IS_STATIC)
  target_link_libraries(tidegate_libpq INTERFACE PostgreSQL::PostgreSQL)
endif()
