#pragma once

namespace lazulite {

/// How many threads the kernels of a CPU may use. At the start: the environment variable
/// LAZULITE_NUM_THREADS if it is a positive number, else as many as the process's affinity and its
/// control group's quota allow.
int num_threads();
/// Sets it; 0 goes back to what it was at the start. Throws if negative. Takes effect at the next
/// evaluation.
void set_num_threads(int count);

/// Makes the calling thread the kind of thread on which kernels spread over several threads. On all
/// others they run serially: OpenMP keeps a team of threads for each thread that ever asks for one,
/// so only the thread that runs plans should.
void become_executor_thread();
bool on_executor_thread();

}  // namespace lazulite
