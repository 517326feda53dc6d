# The cpu backend's own objects, for tests and benchmarks of its kernels: its library shows nothing
# but its entry.
include_guard(GLOBAL)

add_library(cpu_kernels INTERFACE)
target_sources(cpu_kernels INTERFACE $<TARGET_OBJECTS:lazulite_cpu>)
get_target_property(libraries lazulite_cpu LINK_LIBRARIES)
list(TRANSFORM libraries REPLACE "(.+)" "$<LINK_ONLY:\\1>")
target_link_libraries(cpu_kernels INTERFACE ${libraries})
