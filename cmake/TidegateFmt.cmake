# TIDEGATE_FMT: the target of fmt that our sources are compiled and linked with. Where the program
# is to be static it is a library of our own, or at least one that needs none.
find_package(fmt REQUIRED)
set(TIDEGATE_FMT fmt::fmt)

if(TIDEGATE_LINK_STATIC)
  get_target_property(headers fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
  set(folder ${PROJECT_SOURCE_DIR}/cmake/static_fmt)
  try_compile(TIDEGATE_STATIC_FMT ${CMAKE_BINARY_DIR}/static_fmt
    SOURCES ${folder}/trial.cc ${folder}/fmt.cc
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${headers}"
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON)
  if(TIDEGATE_STATIC_FMT)
    add_library(tidegate_fmt STATIC ${folder}/fmt.cc)
    target_include_directories(tidegate_fmt SYSTEM PUBLIC ${headers})
    set(TIDEGATE_FMT tidegate_fmt)
  else()
    set(TIDEGATE_FMT fmt::fmt-header-only)
  endif()
endif()
