# `tidegate_libpq`: the libpq that our own programs are linked with. The shared one brings some
# thirty libraries along, which take longer to load than a look takes; docs/decisions/0007 tells
# more. The installed library leaves the choice to who links it.
find_package(PostgreSQL REQUIRED)
add_library(tidegate_libpq INTERFACE)

# libpq.a needs two archives of the server's build. They come with the server's development package,
# or from tools/setup, which takes only them out of it.
string(REGEX MATCH "^[0-9]+" major "${PostgreSQL_VERSION_STRING}")
set(absent ${PROJECT_SOURCE_DIR}/cmake/static_libpq/absent.cc)
include(TidegateStaticForm)
tidegate_static_form(TIDEGATE_LIBPQ_IS_STATIC libpq
  ARCHIVES pq pgcommon pgport ssl crypto
  SOURCES ${absent}
  HINTS /usr/lib/postgresql/${major}/lib ${PROJECT_SOURCE_DIR}/build/libpq/${major}
  INCLUDES ${PostgreSQL_INCLUDE_DIRS}
  PACKAGES "libpq-dev, libssl-dev or postgresql-server-dev-${major}")
if(TIDEGATE_LIBPQ_IS_STATIC)
  add_library(tidegate_absent STATIC ${absent})
  target_link_libraries(tidegate_absent PRIVATE tidegate_compiler)
  target_link_libraries(tidegate_libpq INTERFACE tidegate_absent)
  message(STATUS "The program gets the static libpq, without Kerberos and LDAP")
else()
  target_link_libraries(tidegate_libpq INTERFACE PostgreSQL::PostgreSQL)
endif()
