# What `cpack` makes of what `cmake --install` puts down: a Debian package for each component.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tidegate)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR Tidegate)
set(CPACK_PACKAGE_CONTACT "The Tidegate authors")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/package)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
# The dependencies are what the program is linked with: for the release preset libc6 alone.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME tidegate)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "Any number of replicas may run it at once: one applies what is pending, the
 others wait without harming it. For PostgreSQL and SQLite.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libtidegate-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libfmt-dev, libmd-dev, libpq-dev, libsqlite3-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "The C++20 library that the program tidegate is made of, and its headers.")
include(CPack)
