# `tidegate_static`: the program with nothing shared at all, for images made FROM scratch and for any
# Linux of this processor. Not built unless asked for: tools/package does.
if(TIDEGATE_WITH_POSTGRES AND NOT TIDEGATE_LIBPQ_IS_STATIC)
  return()
endif()
if(TIDEGATE_WITH_MYSQL AND NOT TIDEGATE_LIBMARIADB_IS_STATIC)
  return()
endif()
add_executable(tidegate_static EXCLUDE_FROM_ALL
  cli/main.cc ${PROJECT_SOURCE_DIR}/cmake/static_libc/name_services.cc)
target_link_libraries(tidegate_static PRIVATE tidegate_cli tidegate_compiler)
# The linker warns of getaddrinfo and the like, which load modules: name_services.cc sees to that.
target_link_options(tidegate_static PRIVATE -static -Wl,--no-warnings)
