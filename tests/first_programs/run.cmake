# Runs `program`, whose output must be the file `expected`.
execute_process(COMMAND ${program} COMMAND_ERROR_IS_FATAL ANY OUTPUT_VARIABLE output)
file(READ ${expected} wanted)
if(NOT output STREQUAL wanted)
  message(FATAL_ERROR "printed:\n${output}\nexpected:\n${wanted}")
endif()
