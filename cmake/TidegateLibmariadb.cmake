# `tidegate_libmariadb`: the client library of MySQL and MariaDB that our own programs are linked
# with; the static form where the program gets static ones, as with libpq (docs/decisions/0007).
pkg_check_modules(LIBMARIADB REQUIRED IMPORTED_TARGET GLOBAL libmariadb)
add_library(tidegate_libmariadb INTERFACE)

include(TidegateStaticForm)
tidegate_static_form(TIDEGATE_LIBMARIADB_IS_STATIC libmariadb
  ARCHIVES mariadb ssl crypto z
  HINTS ${LIBMARIADB_LIBRARY_DIRS}
  INCLUDES ${LIBMARIADB_INCLUDE_DIRS}
  PACKAGES "libmariadb-dev, libssl-dev or zlib1g-dev")
if(TIDEGATE_LIBMARIADB_IS_STATIC)
  message(STATUS "The program gets the static libmariadb")
else()
  target_link_libraries(tidegate_libmariadb INTERFACE PkgConfig::LIBMARIADB)
endif()
