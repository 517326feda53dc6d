# Compiles the `accepted` programs, which must give no warning, and the `refused` ones, whose error
# must match what their first line says.
set(flags -std=c++20 -fsyntax-only -Wall -Wextra -Werror -Wno-unused-result -I ${headers})
foreach(program IN LISTS accepted)
  execute_process(COMMAND ${compiler} ${flags} ${program} RESULT_VARIABLE code
                  ERROR_VARIABLE errors)
  if(NOT code EQUAL 0)
    message(SEND_ERROR "${program}:\n${errors}")
  endif()
endforeach()
foreach(program IN LISTS refused)
  file(STRINGS ${program} first LIMIT_COUNT 1)
  string(REPLACE "// error: " "" words "${first}")
  execute_process(COMMAND ${compiler} ${flags} ${program} RESULT_VARIABLE code
                  ERROR_VARIABLE errors)
  if(code EQUAL 0)
    message(SEND_ERROR "${program} compiles")
  elseif(NOT errors MATCHES "${words}")
    message(SEND_ERROR "${program} is refused with other words:\n${errors}")
  endif()
endforeach()
