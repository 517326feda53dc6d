# The steps of the test `subproject`; CMakeLists.txt beside this file says what is passed in.
find_program(ninja NAMES ninja ninja-build)
if(NOT ninja)
  message("skipped: there is no ninja, which tells what would be built")
  return()
endif()
file(REMOVE_RECURSE ${scratch})
execute_process(COMMAND ${CMAKE_COMMAND} -G Ninja -S ${consumer} -B ${scratch}
                        -D CMAKE_CXX_COMPILER=${compiler} -D lazulite=${source}
                COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
execute_process(COMMAND ${ninja} -C ${scratch} -t commands program COMMAND_ERROR_IS_FATAL ANY
                OUTPUT_VARIABLE steps)
foreach(library IN ITEMS liblazulite liblazulite_cpu liblazulite_lapack liblazulite_reference)
  if(NOT steps MATCHES "-o [^ ]*/${library}\\.")
    message(FATAL_ERROR "the program would be built without ${library}:\n${steps}")
  endif()
endforeach()
if(steps MATCHES "-o lazulite/(tests|benchmarks|apps)/")
  message(FATAL_ERROR "the program would have more built than it needs:\n${steps}")
endif()
