# The steps of the test `install`; CMakeLists.txt beside this file says what is passed in.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY OUTPUT_VARIABLE output)
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${scratch})
run(${CMAKE_COMMAND} --install ${build} --prefix ${scratch}/installed)
file(RENAME ${scratch}/installed ${scratch}/moved)

set(flags "")
if(sanitize)
  set(flags -fsanitize=${sanitize})
endif()
run(${CMAKE_COMMAND} -G ${generator} -S ${consumer} -B ${scratch}/build
    -D CMAKE_CXX_COMPILER=${compiler} -D CMAKE_BUILD_TYPE=${build_type} -D CMAKE_CXX_FLAGS=${flags}
    -D CMAKE_PREFIX_PATH=${scratch}/moved)
run(${CMAKE_COMMAND} --build ${scratch}/build)

# The build's own plugins must not help: only what was installed may be found.
unset(ENV{LD_LIBRARY_PATH})
unset(ENV{LAZULITE_BACKEND_PATH})
run(${scratch}/build/consumer)
if(NOT output STREQUAL "array([5, 7, 9], dtype=float32)\n")
  message(FATAL_ERROR "the installed library printed: ${output}")
endif()
