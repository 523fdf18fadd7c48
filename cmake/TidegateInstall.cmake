# What `cmake --install` puts down: the program with its manual and completions, and the library
# with its headers, a CMake package and a pkg-config file.
include(CMakePackageConfigHelpers)

set(GENERATED ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${GENERATED})
add_custom_command(
  OUTPUT ${GENERATED}/tidegate.1 ${GENERATED}/tidegate.bash ${GENERATED}/_tidegate
    ${GENERATED}/tidegate.fish
  COMMAND tidegate help --man > ${GENERATED}/tidegate.1
  COMMAND tidegate completion bash > ${GENERATED}/tidegate.bash
  COMMAND tidegate completion zsh > ${GENERATED}/_tidegate
  COMMAND tidegate completion fish > ${GENERATED}/tidegate.fish
  DEPENDS tidegate VERBATIM)
add_custom_target(tidegate_manual ALL DEPENDS ${GENERATED}/tidegate.1)

# The program's package and the library's: TidegatePackage.cmake.
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME program)
install(TARGETS tidegate RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE
  DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(FILES ${GENERATED}/tidegate.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${GENERATED}/tidegate.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME tidegate)
install(FILES ${GENERATED}/_tidegate DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${GENERATED}/tidegate.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME development)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libtidegate-dev RENAME copyright)
install(TARGETS tidegate_lib tidegate_embed EXPORT tidegateTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TIDEGATE_BUILD_SHARED)
  install(TARGETS tidegate_abi LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    COMPONENT library NAMELINK_COMPONENT development)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE COMPONENT library
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libtidegate${PROJECT_VERSION_MAJOR} RENAME copyright)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
set(PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/tidegate)
install(EXPORT tidegateTargets NAMESPACE tidegate:: DESTINATION ${PACKAGE_DIR})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/tidegateConfig.cmake.in
  ${GENERATED}/tidegateConfig.cmake INSTALL_DESTINATION ${PACKAGE_DIR})
write_basic_package_version_file(${GENERATED}/tidegateConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${GENERATED}/tidegateConfig.cmake ${GENERATED}/tidegateConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/TidegateEmbed.cmake DESTINATION ${PACKAGE_DIR})

# The library is static, so who links it needs these too.
set(PACKAGES "fmt libmd")
if(TIDEGATE_WITH_POSTGRES)
  string(APPEND PACKAGES " libpq")
endif()
if(TIDEGATE_WITH_MYSQL)
  string(APPEND PACKAGES " libmariadb")
endif()
if(TIDEGATE_WITH_SQLITE)
  string(APPEND PACKAGES " sqlite3")
endif()
# From the pkg-config file up to the prefix, so that the whole can be moved.
file(RELATIVE_PATH PC_UP /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${PROJECT_SOURCE_DIR}/cmake/tidegate.pc.in ${GENERATED}/tidegate.pc @ONLY)
install(FILES ${GENERATED}/tidegate.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
