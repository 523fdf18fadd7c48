# What every target of ours is compiled with.
add_library(tidegate_compiler INTERFACE)
target_compile_options(tidegate_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -fvisibility=hidden)
# g++ 12 sees uninitialised strings in optimised code where there are none (its bugs 105562, 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT TIDEGATE_WERROR)
  target_compile_options(tidegate_compiler INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
endif()
if(TIDEGATE_WERROR)
  target_compile_options(tidegate_compiler INTERFACE -Werror)
endif()
if(TIDEGATE_SANITIZE)
  target_compile_options(tidegate_compiler INTERFACE
    -fsanitize=${TIDEGATE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(tidegate_compiler INTERFACE -fsanitize=${TIDEGATE_SANITIZE})
endif()
